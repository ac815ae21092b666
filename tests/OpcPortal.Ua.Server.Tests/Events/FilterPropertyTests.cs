using static OpcPortal.Ua.Server.Tests.Filters;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Filters that chance made: none throws, each is judged as a whole, and logic agrees with a model of it. Part 4 7.7.</summary>
public sealed class FilterPropertyTests(StandardSpace space) : IClassFixture<StandardSpace>
{
    private const int Rounds = 3_000;

    private static readonly Variant[] Values =
    [
        default, true, false, new Variant((sbyte)-1), (byte)1, (short)-700, (ushort)700, 700, 700u, 700L, ulong.MaxValue, 1.5f, double.NaN, double.PositiveInfinity, "700", "%[a-", "", new Variant((string?)null),
        new DateTime(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc), new Variant(Guid.Empty), new Variant(ByteString.Empty), new Variant(new XmlElement("<a/>")), StandardSpace.MeterEventType, new NodeId(DataTypeIds.Int16),
        new NodeId(ObjectTypeIds.BaseEventType), new Variant(new ExpandedNodeId(new NodeId(1u), "urn:x")), new StatusCode(StatusCodes.BadTimeout), new QualifiedName("Reading", 1), new LocalizedText("text", "en"),
        new Variant(new[] { 1, 2 }), new Variant(new Matrix(new[] { 1, 2 }, [1, 2])), new Variant(new Variant[] { 1, "x" }), Variant.From(new Argument()), new Variant(new DataValue(7)), new Variant((DiagnosticInfo?)null),
    ];

    private static readonly string[] Paths = ["Severity", "Message", "Time", "EventType", "SourceNode", "1:Reading", "1:Tags", "1:Place/1:Room", "NoSuchField", "", "Message/x"];
    private static readonly string?[] Ranges = [null, null, null, "", "0", "1:2", "2:1", "0:1,0:1", "x"];

    [Fact]
    public void No_filter_throws_and_each_bad_one_says_where()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var (good, bad) = (0, 0);
        var occurrence = space.MeterEvent().With("1:Reading", 230.5).With("1:Tags", new Variant(new[] { "a", "b" }));
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                var filter = Filter([.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => RandomField(random))], [.. Enumerable.Range(0, random.Next(6)).Select(i => RandomElement(random, (uint)i))]);
                var status = space.Compiler().TryCompile(filter, StandardSpace.Anybody, out var compiled, out var result);
                if (status.IsBad)
                {
                    bad++;
                    Assert.Equal(StatusCodes.BadEventFilterInvalid, status.Code);
                    Assert.Equal(filter.SelectClauses!.Length, result!.SelectClauseResults!.Length);
                    if (result.WhereClauseResult.ElementResults is { } elements) Assert.Equal(filter.WhereClause.Elements!.Length, elements.Length);
                    continue;
                }

                good++;
                if (compiled!.TrySelect(occurrence, StandardSpace.Anybody.With(StandardSpace.OwnerA), out var fields)) Assert.Equal(filter.SelectClauses!.Length, fields.Length);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}", failure);
            }
        }

        Assert.True(good > 100 && bad > 100, $"Seed {seed}: {good} good and {bad} bad filters test too little.");
    }

    [Fact]
    public void And_Or_and_Not_agree_with_a_model_of_three_valued_logic()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var occurrence = space.MeterEvent();
        var who = StandardSpace.Anybody.With(StandardSpace.OwnerA);
        for (var round = 0; round < Rounds; round++)
        {
            // FALSE is 0, NULL 1, TRUE 2: And is the least of them, Or the greatest, Not the mirror. Elements are made from the last to the first, and share.
            var count = 1 + random.Next(12);
            var elements = new ContentFilterElement[count];
            var model = new int[count];
            for (var i = count - 1; i >= 0; i--)
            {
                var (left, a) = RandomTruth(random, i, count, model);
                var (right, b) = RandomTruth(random, i, count, model);
                (elements[i], model[i]) = random.Next(3) switch
                {
                    0 => (Where(FilterOperator.And, left, right), Math.Min(a, b)),
                    1 => (Where(FilterOperator.Or, left, right), Math.Max(a, b)),
                    _ => (Where(FilterOperator.Not, left), 2 - a),
                };
            }

            Assert.True(space.Compile(Filter(elements)).TrySelect(occurrence, who, out _) == (model[0] == 2), $"Seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Like_agrees_with_regular_expressions()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        // Each piece of a pattern beside what it means.
        (string Like, string Regex)[] pieces = [("a", "a"), ("b", "b"), ("%", ".*"), ("_", "."), ("[ab]", "[ab]"), ("[a-c]", "[a-c]"), ("[^a]", "[^a]"), ("\\%", "%"), ("\\_", "_"), (".", "\\."), ("[%]", "%")];
        const string Letters = "abc%_.";
        var matches = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var chosen = Enumerable.Range(0, random.Next(8)).Select(_ => pieces[random.Next(pieces.Length)]).ToArray();
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Letters[random.Next(Letters.Length)]));
            var like = string.Concat(chosen.Select(p => p.Like));
            var expected = System.Text.RegularExpressions.Regex.IsMatch(text, $"\\A(?:{string.Concat(chosen.Select(p => p.Regex))})\\z");
            Assert.True(LikePattern.TryParse(like, out var pattern));
            Assert.True(expected == pattern.Matches(text), $"Seed {seed}: '{text}' like '{like}'");
            matches += expected ? 1 : 0;
        }

        Assert.InRange(matches, Rounds / 100, Rounds * 99 / 100);
    }

    [Fact]
    public void An_event_that_passes_costs_its_fields_and_no_other_memory()
    {
        var filter = space.Compile(Filter(
            [Field("EventId"), Field("EventType"), Field("SourceNode"), Field("SourceName"), Field("Time"), Field("Message"), Field("Severity"), Field("1:Reading")],
            Where(FilterOperator.And, Element(1), Element(2)), Where(FilterOperator.OfType, Literal(StandardSpace.MeterEventType)), Where(FilterOperator.GreaterThan, Field("Severity"), Literal(500))));
        var occurrence = space.MeterEvent().With("1:Reading", 230.5);
        var who = StandardSpace.Anybody.With(StandardSpace.OwnerA);
        Assert.True(filter.TrySelect(occurrence, who, out _));
        const int Times = 1_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++) filter.TrySelect(occurrence, who, out _);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
        Assert.True(each <= 8 * 32 + 32, $"{each} bytes");
    }

    private static (IStructure Operand, int Truth) RandomTruth(Random random, int index, int count, int[] model)
    {
        if (index + 1 < count && random.Next(4) > 0)
        {
            var target = random.Next(index + 1, count);
            return (Element((uint)target), model[target]);
        }

        var truth = random.Next(3);
        return (Literal(truth switch { 0 => false, 1 => default(Variant), _ => true }), truth);
    }

    private static ContentFilterElement RandomElement(Random random, uint index)
    {
        var filterOperator = (FilterOperator)random.Next(-1, 19);
        var usual = filterOperator switch { FilterOperator.IsNull or FilterOperator.Not or FilterOperator.OfType => 1, FilterOperator.Between => 3, _ => 2 };
        var count = random.Next(10) == 0 ? random.Next(5) : usual;
        return Where(filterOperator, [.. Enumerable.Range(0, count).Select(_ => RandomOperand(random, index))]);
    }

    private static IStructure? RandomOperand(Random random, uint index) => random.Next(20) switch
    {
        0 => null,
        1 => new AttributeOperand(),
        < 5 => Element(index + (uint)random.Next(3)),
        < 12 => RandomField(random),
        _ => Literal(Values[random.Next(Values.Length)]),
    };

    private static SimpleAttributeOperand RandomField(Random random) => Field(
        Paths[random.Next(random.Next(4) == 0 ? Paths.Length : 8)],
        random.Next(3) == 0 ? StandardSpace.MeterEventType : new NodeId(ObjectTypeIds.BaseEventType),
        random.Next(10) == 0 ? (uint)random.Next(30) : AttributeIds.Value,
        Ranges[random.Next(Ranges.Length)]);
}
