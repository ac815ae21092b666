namespace OpcPortal.Ua.Server.Tests.Conditions;

/// <summary>Random commands to a table of conditions against a small model that knows only flags; the seed is printed.</summary>
public sealed class ConditionModelTests(ITestOutputHelper output)
{
    private const int Conditions = 5;

    private sealed class Expected
    {
        public bool IsEnabled = true, IsActive, IsAcked = true, IsConfirmed = true, IsSuppressed;
        public int Shelved;

        public bool IsRetained => IsEnabled && (IsActive || !IsAcked || !IsConfirmed);
        public bool IsHeld => IsRetained || !IsEnabled || Shelved != 0;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0)]
    public void A_table_of_conditions_does_as_the_model(int seed)
    {
        if (seed == 0) seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var space = new StandardSpace();
        using var table = new ConditionTable(new EventHub(space.Space, space.Types), space.Types, space.Time);
        var model = Enumerable.Range(0, Conditions).Select(_ => new Expected()).ToArray();
        for (var step = 0; step < 3_000; step++)
        {
            var which = random.Next(Conditions);
            Step(table, space, which, model[which], random.Next(9), random.Next(2) == 0);
            Check(table, which, model[which], $"seed {seed}, step {step}");
            Assert.Equal(model.Count(static m => m.IsHeld), table.Count);
        }
    }

    private static NodeId IdOf(int which) => new($"MeterOfA!{which}", 1);

    private static ConditionDefinition Definition(int which) => new()
    {
        Id = IdOf(which),
        TypeId = ObjectTypeIds.OffNormalAlarmType,
        SourceNode = StandardSpace.MeterOfA,
        SourceName = "Meter",
        Name = $"{which}",
        IsConfirmable = which % 2 == 0,
    };

    private static void Step(ConditionTable table, StandardSpace space, int which, Expected expected, int action, bool flag)
    {
        var cause = new ConditionCause(space.Now, "It is so", 500);
        var id = IdOf(which);
        // What is not held begins anew when it is raised.
        switch (action)
        {
            case 0:
                table.Raise(Definition(which), cause);
                if (!expected.IsActive) (expected.IsAcked, expected.IsConfirmed) = (false, true);
                expected.IsActive = true;
                break;
            case 1:
                table.Clear(id, cause);
                if (!expected.IsActive) break;
                (expected.IsActive, expected.IsSuppressed) = (false, false);
                if (expected.Shelved == 2) expected.Shelved = 0;
                break;
            case 2:
                var mayAcknowledge = expected is { IsHeld: true, IsEnabled: true, IsAcked: false } && table.TryFind(id, out _, out var now) && now.EventIds.Count > 0;
                Assert.Equal(mayAcknowledge, Remark(table, space, id, static (ConditionDefinition d, ConditionState s, ConditionRemark r, out ConditionState n) => s.TryAcknowledge(r, d.IsConfirmable, out n)));
                if (mayAcknowledge) (expected.IsAcked, expected.IsConfirmed) = (true, which % 2 != 0);
                break;
            case 3:
                var mayConfirm = expected is { IsHeld: true, IsEnabled: true, IsConfirmed: false };
                Assert.Equal(mayConfirm, Remark(table, space, id, static (ConditionDefinition d, ConditionState s, ConditionRemark r, out ConditionState n) => s.TryConfirm(r, out n)));
                if (mayConfirm) expected.IsConfirmed = true;
                break;
            case 4:
                var mayEnable = expected.IsHeld && expected.IsEnabled != flag;
                Assert.Equal(mayEnable, table.Change(id, (ConditionDefinition _, ConditionState s, out ConditionState n) => s.TryEnable(flag, space.Now, out n)).IsGood);
                if (mayEnable) expected.IsEnabled = flag;
                break;
            case 5:
                var how = flag ? ConditionShelving.Timed : ConditionShelving.OneShot;
                var mayShelve = expected is { IsHeld: true, IsEnabled: true } && expected.Shelved != (int)how;
                Assert.Equal(mayShelve, table.Change(id, (ConditionDefinition _, ConditionState s, out ConditionState n) => s.TryShelve(how, space.Now.AddDays(1), space.Now, out n)).IsGood);
                if (mayShelve) expected.Shelved = (int)how;
                break;
            case 6:
                var mayUnshelve = expected is { IsHeld: true, IsEnabled: true, Shelved: not 0 };
                Assert.Equal(mayUnshelve, table.Change(id, (ConditionDefinition _, ConditionState s, out ConditionState n) => s.TryUnshelve(space.Now, out n)).IsGood);
                if (mayUnshelve) expected.Shelved = 0;
                break;
            case 7:
                table.Suppress(id, flag);
                if (expected.IsHeld) expected.IsSuppressed = flag;
                break;
            default:
                space.Time.Advance(TimeSpan.FromSeconds(1));
                break;
        }

        if (!expected.IsHeld) (expected.IsActive, expected.IsAcked, expected.IsConfirmed, expected.IsSuppressed) = (false, true, true, false);
    }

    private delegate StatusCode Remarking(ConditionDefinition definition, ConditionState state, ConditionRemark remark, out ConditionState next);

    private static bool Remark(ConditionTable table, StandardSpace space, NodeId id, Remarking remarking) => table.Change(id, (ConditionDefinition d, ConditionState s, out ConditionState n) =>
        remarking(d, s, new ConditionRemark(s.EventIds.Count > 0 ? s.EventIds[^1] : default, "seen", "ann", space.Now), out n)).IsGood;

    private static void Check(ConditionTable table, int which, Expected expected, string where)
    {
        var isHeld = table.TryFind(IdOf(which), out _, out var state);
        Assert.True(expected.IsHeld == isHeld, where);
        if (!isHeld) return;
        Assert.True(
            (expected.IsEnabled, expected.IsActive, expected.IsAcked, expected.IsConfirmed, expected.IsSuppressed, expected.Shelved, expected.IsRetained)
            == (state!.IsEnabled, state.IsActive, state.IsAcked, state.IsConfirmed, state.IsSuppressed, (int)state.Shelving, state.IsRetained),
            $"{where}: {state}");
    }
}
