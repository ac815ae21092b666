using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Random requests, cancellations, customers and restarts against a small reference model: what each device is to be, and what is answered of each order, at every minute.</summary>
public sealed class ControlModelTests(ITestOutputHelper output)
{
    private const int Devices = 4;
    private const int Minutes = 150;

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Devices_do_what_the_model_says_at_every_minute(bool restarts)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        for (var round = 0; round < 3; round++) await WalkAsync(new Random(seed + round), restarts, $"seed {seed}, round {round}");
    }

    private static async Task WalkAsync(Random random, bool restarts, string what)
    {
        await using var world = await ControlWorld.CreateAsync(new ControlOptions { Policy = new ControlPolicy { Grace = TimeSpan.Zero, MaxLeaves = int.MaxValue } });
        var model = new Model();
        for (var minute = 0; minute < Minutes; minute++)
        {
            for (var acts = random.Next(3); acts > 0; acts--) await ActAsync(world, model, random);
            if (restarts && random.Next(10) == 0) await world.RestartAsync();
            await world.IdleAsync();
            Compare(world, model, $"{what}, minute {minute}");
            world.Time.Advance(TimeSpan.FromMinutes(1));
            await world.IdleAsync();
            model.Step(world.Now);
            Compare(world, model, $"{what}, minute {minute + 1}");
        }

        for (var minute = 0; minute < 60; minute++)
        {
            await world.PassAsync(1);
            model.Step(world.Now);
        }

        Compare(world, model, what);
        Assert.Equal(0, world.Engine.Orders);
    }

    private static async Task ActAsync(ControlWorld world, Model model, Random random)
    {
        var device = random.Next(Devices);
        switch (random.Next(7))
        {
            case <= 3:
                var limit = random.Next(2) == 0 ? (LoadMeasure?)null : new LoadMeasure(LoadMeasureKind.PowerLimit, random.Next(1, 6) * 1000);
                var shed = world.Shed(random.Next(20), random.Next(1, 40), $"e{random.Next(3)}", (byte)random.Next(3), limit);
                int[] of = [.. Enumerable.Range(0, Devices).Where(_ => random.Next(2) == 0)];
                if (of.Length == 0) return;
                await world.TakeAsync(shed, of);
                model.Take(shed, of, world.Now);
                break;
            case 4 when model.Requests.Count > 0:
                var id = model.Requests[random.Next(model.Requests.Count)];
                var at = random.Next(2) * random.Next(1, 10);
                await world.CancelAsync(id, at);
                model.Cancel(id, world.Now.AddMinutes(at), world.Now);
                break;
            case 5:
                var minutes = random.Next(2) == 0 ? (int?)null : random.Next(1, 15);
                await world.OptOutAsync(device, minutes);
                model.OptOut(device, minutes is { } m ? world.Now.AddMinutes(m) : DateTime.MaxValue, world.Now);
                break;
            default:
                await world.OptInAsync(device);
                model.OptIn(device, world.Now);
                break;
        }
    }

    private static void Compare(ControlWorld world, Model model, string what)
    {
        for (var device = 0; device < Devices; device++)
        {
            var (isOff, limit) = model.Of(device);
            Assert.True((isOff ? 0 : 1) == world.Field.Of(device, ControlOutput.Switch) && limit == world.Field.Of(device, "PowerLimit"),
                $"{what}: device {device} has switch {world.Field.Of(device, ControlOutput.Switch)} and limit {world.Field.Of(device, "PowerLimit")}, and should have {(isOff ? 0 : 1)} and {limit}");
        }

        foreach (var order in model.Orders)
        {
            var status = world.StatusesOf(order.Request, order.Device)[^1];
            Assert.True(status == order.Status, $"{what}: device {order.Device} of {order.Request.Id:N} is {status}, and should be {order.Status}");
        }
    }

    /// <summary>The rules said once more, as plainly as can be.</summary>
    private sealed class Model
    {
        public List<Guid> Requests { get; } = [];
        public List<Order> Orders { get; } = [];

        public void Take(ControlRequest request, int[] devices, DateTime now)
        {
            Requests.Add(request.Id);
            foreach (var device in devices)
            {
                var order = new Order(request, device);
                if (Orders.Exists(other => other.Device == device && other is { IsOver: false, IsLeft: false } && other.Request.Start <= request.Start && other.Request.End >= request.End && Better(other.Request, request))) order.End(ControlStatus.Superseded);
                Orders.Add(order);
            }

            Step(now);
        }

        public void Cancel(Guid id, DateTime at, DateTime now)
        {
            foreach (var order in Orders.Where(order => order.Request.Id == id && !order.IsOver)) order.CancelAt = at;
            Step(now);
        }

        public void OptOut(int device, DateTime until, DateTime now)
        {
            foreach (var order in Orders.Where(order => order.Device == device && order is { IsOver: false, IsLeft: false })) order.Leave(until);
            Step(now);
        }

        public void OptIn(int device, DateTime now)
        {
            foreach (var order in Orders.Where(order => order.Device == device && order is { IsOver: false, IsLeft: true })) order.Join();
            Step(now);
        }

        public void Step(DateTime now)
        {
            foreach (var order in Orders.Where(order => !order.IsOver))
            {
                if (order.IsLeft && order.JoinAt <= now) order.Join();
                if (order.CancelAt <= now) order.End(ControlStatus.Cancelled);
                else if (order.Request.End <= now) order.EndInTime();
            }

            for (var device = 0; device < Devices; device++)
            {
                var holding = Orders.Where(order => order.Device == device && order is { IsOver: false, IsLeft: false } && order.Request.Start <= now).ToList();
                var best = holding.Find(order => holding.TrueForAll(other => other == order || Better(order.Request, other.Request)));
                foreach (var order in holding)
                    if (order == best) order.Begin();
                    else order.End(ControlStatus.Superseded);
            }
        }

        public (bool IsOff, double Limit) Of(int device)
        {
            var running = Orders.SingleOrDefault(order => order.Device == device && order is { IsOver: false, Status: ControlStatus.Started });
            return running is null ? (false, 7000) : running.Request.Measure.Kind == LoadMeasureKind.Off ? (true, 7000) : (false, running.Request.Measure.Value);
        }

        private static bool Better(ControlRequest one, ControlRequest other) =>
            one.Primacy != other.Primacy ? one.Primacy < other.Primacy : one.CreatedAt != other.CreatedAt ? one.CreatedAt > other.CreatedAt : one.Id.CompareTo(other.Id) > 0;
    }

    private sealed class Order(ControlRequest request, int device)
    {
        private bool _everOn;
        private bool _everLeft;
        private bool _hasJoined;

        public ControlRequest Request => request;
        public int Device => device;
        public bool IsOver { get; private set; }
        public bool IsLeft { get; private set; }
        public DateTime JoinAt { get; private set; } = DateTime.MaxValue;
        public DateTime CancelAt { get; set; } = DateTime.MaxValue;
        public ControlStatus Status { get; private set; } = ControlStatus.Received;

        public void Begin() => (Status, _everOn) = (ControlStatus.Started, true);
        public void End(ControlStatus status) => (Status, IsOver) = (status, true);
        public void Leave(DateTime until) => (IsLeft, JoinAt, Status, _everLeft, _hasJoined) = (true, until, ControlStatus.OptOut, true, false);
        public void Join() => (IsLeft, JoinAt, Status, _hasJoined) = (false, DateTime.MaxValue, ControlStatus.OptIn, true);

        public void EndInTime() => End(
            Status == ControlStatus.Received || Status == ControlStatus.OptIn ? ControlStatus.Expired
            : !_everLeft ? ControlStatus.Completed : _hasJoined ? ControlStatus.PartialOptIn : _everOn ? ControlStatus.PartialOptOut : ControlStatus.NoParticipation);
    }
}
