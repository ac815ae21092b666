namespace OpcPortal.Models.Tests;

/// <summary>What is never to be done: caps, interlocks and the supply switch.</summary>
public sealed class SafetyTests(ITestOutputHelper output)
{
    private static readonly DateTime Now = new(2026, 1, 12, 16, 0, 0, DateTimeKind.Utc);

    private static PowerClaim Moves(double megaWatts, string entity = "brightline", double fromMinutes = 0, double untilMinutes = 60) =>
        new(Guid.NewGuid(), entity, Now.AddMinutes(fromMinutes), Now.AddMinutes(untilMinutes), megaWatts);

    [Fact]
    public void A_request_above_a_cap_is_refused_and_one_above_its_threshold_wants_a_second_person()
    {
        PowerCap[] caps = [new("cap-request", PowerCapScope.Request, 20, 5)];
        Assert.Null(PowerJudge.Find(caps, [], Moves(5), isApproved: false));
        Assert.Equal((ControlRefusalKind.NeedsApproval, "cap-request"), Of(PowerJudge.Find(caps, [], Moves(5.1), isApproved: false)));
        Assert.Null(PowerJudge.Find(caps, [], Moves(20), isApproved: true));
        Assert.Equal((ControlRefusalKind.AboveCap, "cap-request"), Of(PowerJudge.Find(caps, [], Moves(20.1), isApproved: true)));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-0.1)]
    public void What_nobody_could_estimate_passes_no_cap(double megaWatts)
    {
        Assert.Equal((ControlRefusalKind.OutOfRange, null), Of(PowerJudge.Find([], [], Moves(megaWatts), isApproved: true)));
        Assert.Null(PowerJudge.Find([], [], Moves(0), isApproved: true));
    }

    [Fact]
    public void An_entity_is_held_to_what_it_moves_at_a_time()
    {
        PowerCap[] caps = [new("cap-entity", PowerCapScope.Entity, 20, 20)];
        Assert.Equal((ControlRefusalKind.AboveCap, "cap-entity"), Of(PowerJudge.Find(caps, [Moves(15)], Moves(6, fromMinutes: 59, untilMinutes: 90), isApproved: true)));
        Assert.Null(PowerJudge.Find(caps, [Moves(15)], Moves(6, fromMinutes: 60, untilMinutes: 90), isApproved: true));
        Assert.Null(PowerJudge.Find(caps, [Moves(15, "retailer")], Moves(6), isApproved: true));
    }

    [Fact]
    public void What_begins_within_a_window_counts_together_whoever_asks()
    {
        PowerCap[] caps = [new("cap-window", PowerCapScope.Window, 20, 20, Window: TimeSpan.FromMinutes(10))];
        Assert.Equal((ControlRefusalKind.AboveCap, "cap-window"), Of(PowerJudge.Find(caps, [Moves(15, "retailer")], Moves(6, fromMinutes: 9), isApproved: true)));
        Assert.Null(PowerJudge.Find(caps, [Moves(15, "retailer")], Moves(6, fromMinutes: 10), isApproved: true));
        Assert.Null(PowerJudge.Find([caps[0] with { Entity = "utility" }], [Moves(15, "retailer")], Moves(60), isApproved: true));
    }

    [Fact]
    public void No_order_of_requests_moves_more_than_a_cap()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        PowerCap[] caps = [new("entity", PowerCapScope.Entity, 20, 20), new("window", PowerCapScope.Window, 30, 30, Window: TimeSpan.FromMinutes(10))];
        for (var round = 0; round < 200; round++)
        {
            var taken = new List<PowerClaim>();
            for (var i = 0; i < 30; i++)
            {
                var from = random.Next(0, 100);
                var claim = Moves(random.Next(1, 12), $"e{random.Next(3)}", from, from + random.Next(1, 50));
                if (PowerJudge.Find(caps, taken, claim, isApproved: true) is null) taken.Add(claim);
            }

            for (var minute = 0; minute < 150; minute++)
            {
                var at = Now.AddMinutes(minute);
                foreach (var entity in taken.GroupBy(claim => claim.Entity))
                    Assert.True(entity.Where(claim => claim.Start <= at && at < claim.End).Sum(claim => claim.MegaWatts) <= 20);
                // Wherever a window is laid.
                Assert.True(taken.Where(claim => claim.Start >= at && claim.Start < at.AddMinutes(10)).Sum(claim => claim.MegaWatts) <= 30);
            }
        }
    }

    private static (ControlRefusalKind, string?) Of(ControlRefusal? refusal) => (refusal!.Kind, refusal.Rule);

    private static InterlockFacts Facts(ControlAction action = ControlAction.DisconnectSupply, string? jurisdiction = "US-MN", string? flag = null, double? temperature = 5, DateTime? local = null, string? customerClass = "residential") =>
        new(action, ["ElectricityMeterType", "MeterType"], jurisdiction, flag is null ? [] : [flag], customerClass, local ?? new DateTime(2026, 1, 12, 10, 0, 0), temperature);

    public static TheoryData<string, Interlock, bool, InterlockFacts> Interlocks
    {
        get
        {
            Interlock Rule(Interlock rule) => rule;
            var life = Rule(new Interlock { Id = "life-support", Text = "Somebody's life depends on the supply.", Flag = "life-support" });
            var winter = Rule(new Interlock { Id = "cold-weather", Text = "No disconnection in winter.", Jurisdiction = "US-MN", CustomerClasses = ["residential"], Season = new YearlySeason(10, 1, 4, 30) });
            var frost = Rule(new Interlock { Id = "frost", Text = "No disconnection in frost.", Below = 0 });
            var heat = Rule(new Interlock { Id = "heat", Text = "No disconnection in heat.", Above = 35 });
            var weekend = Rule(new Interlock { Id = "weekend", Text = "Nobody could reconnect.", Weekdays = [DayOfWeek.Friday, DayOfWeek.Saturday, DayOfWeek.Sunday] });
            var holiday = Rule(new Interlock { Id = "holiday", Text = "Not on a holiday.", Dates = [new DateOnly(2026, 12, 25)] });
            var night = Rule(new Interlock { Id = "night", Text = "Not at night.", From = new TimeOnly(18, 0), Until = new TimeOnly(8, 0) });
            var gas = Rule(new Interlock { Id = "gas", Text = "Gas is relit by hand.", Actions = [ControlAction.ConnectSupply], DeviceTypes = ["GasMeterType"] });
            return new TheoryData<string, Interlock, bool, InterlockFacts>
            {
                { "life support", life, true, Facts(flag: "life-support") },
                { "no life support", life, false, Facts(flag: "feeder-12") },
                { "connecting life support", life, false, Facts(ControlAction.ConnectSupply, flag: "life-support") },
                { "in winter", winter, true, Facts() },
                { "on its first day", winter, true, Facts(local: new DateTime(2026, 10, 1)) },
                { "on its last day", winter, true, Facts(local: new DateTime(2026, 4, 30, 23, 59, 0)) },
                { "in summer", winter, false, Facts(local: new DateTime(2026, 5, 1)) },
                { "in another state", winter, false, Facts(jurisdiction: "US-WI") },
                { "in a state whose name begins alike", winter, false, Facts(jurisdiction: "US-MNX") },
                { "in a town of the state", winter, true, Facts(jurisdiction: "US-MN-DULUTH") },
                { "nobody knows where", winter, true, Facts(jurisdiction: null) },
                { "at a factory", winter, false, Facts(customerClass: "industrial") },
                { "in frost", frost, true, Facts(temperature: -0.1) },
                { "at zero", frost, false, Facts(temperature: 0) },
                { "where the weather is not known", frost, true, Facts(temperature: null) },
                { "where the thermometer is broken", frost, true, Facts(temperature: double.NaN) },
                { "in heat", heat, true, Facts(temperature: 35.1) },
                { "in fine weather", heat, false, Facts(temperature: 35) },
                { "on a Friday", weekend, true, Facts(local: new DateTime(2026, 1, 16)) },
                { "on a Monday", weekend, false, Facts(local: new DateTime(2026, 1, 12)) },
                { "on the holiday", holiday, true, Facts(local: new DateTime(2026, 12, 25)) },
                { "a day later", holiday, false, Facts(local: new DateTime(2026, 12, 26)) },
                { "in the evening", night, true, Facts(local: new DateTime(2026, 1, 12, 18, 0, 0)) },
                { "before dawn", night, true, Facts(local: new DateTime(2026, 1, 12, 7, 59, 0)) },
                { "in the morning", night, false, Facts(local: new DateTime(2026, 1, 12, 8, 0, 0)) },
                { "electricity", gas, false, Facts(ControlAction.ConnectSupply) },
                { "gas", gas, true, Facts(ControlAction.ConnectSupply) with { DeviceTypes = ["GasMeterType", "MeterType"] } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Interlocks))]
    public void An_interlock_forbids_what_fits_it_and_is_cited(string what, Interlock interlock, bool forbids, InterlockFacts facts)
    {
        var refusal = facts.Find([interlock]);
        Assert.True((refusal is not null) == forbids, what);
        if (refusal is not null) Assert.Equal((ControlRefusalKind.Interlocked, interlock.Id, interlock.Text), (refusal.Kind, refusal.Rule, refusal.Text));
    }

    [Fact]
    public void A_supply_switch_is_armed_before_it_is_operated_by_the_same_entity_for_the_same_and_soon()
    {
        var rules = new SupplySwitchRules();
        var armed = new SupplySwitch(SupplyState.Connected).Arm("utility", ControlAction.DisconnectSupply, rules, Now);
        Assert.Null(armed.Find("utility", ControlAction.DisconnectSupply, Now.AddSeconds(119)));
        Assert.Contains("not armed", armed.Find("utility", ControlAction.DisconnectSupply, Now.AddSeconds(120))!.Text, StringComparison.Ordinal);
        Assert.Contains("another entity", armed.Find("retailer", ControlAction.DisconnectSupply, Now)!.Text, StringComparison.Ordinal);
        Assert.Contains("armed for DisconnectSupply", armed.Find("utility", ControlAction.ConnectSupply, Now)!.Text, StringComparison.Ordinal);
        Assert.NotNull(armed.Disarm().Find("utility", ControlAction.DisconnectSupply, Now));
        Assert.NotNull(new SupplySwitch(SupplyState.Connected).Find("utility", ControlAction.DisconnectSupply, Now));
    }

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(10.0, true)]
    [InlineData(10.1, false)]
    [InlineData(230.0, false)]
    [InlineData(double.NaN, false)]
    [InlineData(null, false)]
    public void A_switch_is_not_closed_on_what_is_fed_back_nor_on_what_is_not_known(double? volts, bool may) =>
        Assert.Equal(may, SupplySwitch.FindBackFeed(new SupplySwitchRules(), volts) is null);
}
