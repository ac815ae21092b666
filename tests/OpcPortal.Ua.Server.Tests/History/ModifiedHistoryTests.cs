using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.HistoryWorld;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>HistoryRead of modified values and of annotations. Part 11 6.5.3.3, 6.5.6.</summary>
public sealed class ModifiedHistoryTests
{
    private readonly HistoryWorld _world = new();
    private readonly NodeId _node;

    public ModifiedHistoryTests() => _node = _world.Variable("meter", Changed());

    private static MemoryHistory Changed() => new MemoryHistory()
        .Add(At(5, 0), 1.0).Add(At(5, 15), 2.0)
        .Modified(At(5, 0), 10.0, HistoryUpdateType.Replace, At(7, 0), "ann")
        .Modified(At(5, 0), 11.0, HistoryUpdateType.Update, At(8, 0), "bob")
        .Modified(At(5, 0), 12.0, HistoryUpdateType.Delete, At(9, 0), "cy")
        .Modified(At(5, 15), 13.0, HistoryUpdateType.Insert, At(9, 0), "cy")
        .Annotate(At(5, 0), "by hand", "ann").Annotate(At(5, 0), "checked", "bob").Annotate(At(5, 15), "storm", "ann");

    private static (double Value, string User)[] Changes(HistoryReadResult result)
    {
        var data = Assert.IsType<HistoryModifiedData>(result.HistoryData!.Structure);
        return [.. data.DataValues!.Zip(data.ModificationInfos!, static (v, m) => (v.Value.AsDouble(), m.UserName!))];
    }

    [Fact]
    public async Task Every_earlier_value_comes_with_who_changed_it_when_and_how()
    {
        var result = await _world.Read(_node, Modified(At(5, 0), At(6, 0)));
        Assert.Equal([(12.0, "cy"), (11.0, "bob"), (10.0, "ann"), (13.0, "cy")], Changes(result));
        var infos = ((HistoryModifiedData)result.HistoryData!.Structure!).ModificationInfos!;
        Assert.Equal([HistoryUpdateType.Delete, HistoryUpdateType.Update, HistoryUpdateType.Replace, HistoryUpdateType.Insert], infos.Select(m => m.UpdateType));
        Assert.Equal([At(9, 0), At(8, 0), At(7, 0), At(9, 0)], infos.Select(m => m.ModificationTime));
    }

    // Part 11 6.5.3.3: those of one time newest first, and oldest first where time flows backward. A page may end amid them.
    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public async Task Pages_end_amid_the_modifications_of_one_time_and_miss_none(uint pageSize)
    {
        var forward = await _world.ReadAll(_node, Modified(At(5, 0), At(6, 0), pageSize));
        Assert.Equal([12, 11, 10, 13], forward.SelectMany(Changes).Select(c => (int)c.Value));
        Assert.All(forward, page => Assert.True(Changes(page).Length <= pageSize));
        var backward = await _world.ReadAll(_node, Modified(At(6, 0), At(4, 0), pageSize));
        Assert.Equal([13, 10, 11, 12], backward.SelectMany(Changes).Select(c => (int)c.Value));
        Assert.Equal((int)pageSize, Changes(await _world.Read(_node, Modified(At(5, 0), default, pageSize))).Length);
    }

    [Fact]
    public async Task Where_nothing_was_modified_there_is_no_data()
    {
        var result = await _world.Read(_node, Modified(At(6, 0), At(7, 0)));
        Assert.Equal(("GoodNoData", 0), (result.StatusCode.ToString(), Changes(result).Length));
    }

    // Part 11 6.5.3.2: the ExtraData bit is set where there is more of a value than the value, such as annotations.
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public async Task Raw_values_tell_which_of_them_have_annotations(uint pageSize)
    {
        var node = _world.Variable("noted", new MemoryHistory { MostPerPage = 1 }.Add(At(5, 0), 1.0).Add(At(5, 15), 2.0, StatusCodes.Uncertain).Add(At(5, 30), 3.0)
            .Annotate(At(4, 0), "before", "ann").Annotate(At(5, 0), "once", "ann").Annotate(At(5, 0), "again", "bob").Annotate(At(5, 10), "of no value", "ann").Annotate(At(5, 15), "storm", "ann").Annotate(At(6, 0), "after", "ann"));
        foreach (var (from, to, order) in ((DateTime, DateTime, int[])[])[(At(5, 0), At(6, 0), [1, 2, 3]), (At(6, 0), At(4, 59), [3, 2, 1])])
        {
            var values = (await _world.ReadAll(node, Raw(from, to, pageSize))).SelectMany(Values).ToArray();
            Assert.Equal(order, values.Select(v => (int)v.Value.AsDouble()));
            Assert.Equal([1, 2], values.Where(v => v.StatusCode.AggregateBits == AggregateBits.ExtraData).Select(v => (int)v.Value.AsDouble()).Order());
            // They are no worse for it.
            Assert.Equal([StatusCodes.Good, StatusCodes.Uncertain, StatusCodes.Good], values.OrderBy(v => v.SourceTimestamp).Select(v => v.StatusCode.CodeBits));
        }

        // A bound that is not there has nothing to tell of, nor has an annotation of an annotation.
        Assert.Equal(default, Values(await _world.Read(node, Raw(At(4, 0), At(4, 30), bounds: true)))[0].StatusCode.AggregateBits);
        var notes = _world.Variable("notes", new AnnotationHistory(Changed()), DataTypeIds.Annotation);
        Assert.All(Values(await _world.Read(notes, Raw(At(5, 0), At(6, 0)))), v => Assert.Equal(StatusCodes.Good, v.StatusCode.Code));
    }

    [Fact]
    public async Task Annotations_come_in_the_order_of_the_times_that_are_asked_for()
    {
        var values = Values(await _world.Read(_node, new ReadAnnotationDataDetails { ReqTimes = [At(5, 15), At(5, 7), At(5, 0)] }));
        Assert.Equal(["storm", "by hand", "checked"], values.Select(v => v.Value.AsStructure<Annotation>()!.Message));
        Assert.Equal([At(5, 15), At(5, 0), At(5, 0)], values.Select(v => v.SourceTimestamp));
        Assert.Equal("GoodNoData", (await _world.Read(_node, new ReadAnnotationDataDetails { ReqTimes = [At(5, 7)] })).StatusCode.ToString());
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Read(_node, new ReadAnnotationDataDetails())));
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => _world.Read(_node, new ReadAnnotationDataDetails { ReqTimes = new DateTime[10_001] })));
    }

    [Fact]
    public async Task Annotations_are_paged()
    {
        var world = new HistoryWorld(new OperationLimits { MaxHistoryValuesPerNode = 1 });
        var node = world.Variable("meter", Changed());
        var pages = await world.ReadAll(node, new ReadAnnotationDataDetails { ReqTimes = [At(5, 0), At(5, 15)] });
        Assert.Equal(["by hand", "checked", "storm"], pages.SelectMany(Values).Select(v => v.Value.AsStructure<Annotation>()!.Message));
    }

    // Part 11 6.5.6.2: also by the Annotations Property itself.
    [Fact]
    public async Task The_values_of_an_Annotations_Property_are_what_was_noted()
    {
        var property = _world.Variable("Annotations", new AnnotationHistory(Changed()), DataTypeIds.Annotation);
        var values = Values(await _world.Read(property, Raw(At(5, 0), At(5, 10))));
        Assert.Equal(["by hand", "checked"], values.Select(v => v.Value.AsStructure<Annotation>()!.Message));
        Assert.Equal("BadHistoryOperationUnsupported", (await _world.Read(property, Modified(At(5, 0), At(5, 10)))).StatusCode.ToString());
        var update = new UpdateDataDetails { NodeId = property, PerformInsertReplace = PerformUpdateType.Insert, UpdateValues = [values[0]] };
        Assert.Equal("BadHistoryOperationUnsupported", (await _world.Update(update)).StatusCode.ToString());
    }
}
