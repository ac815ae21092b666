// Control that is there to be killed: it takes two requests, carries them out, and ends when they are over.
//   KillControl FOLDER STEP
// In the folder are the database and the file of what devices were told. At the STEP-th step the process kills itself; 0: never. A line "taken ID" says that a request is kept.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.KillControl;
using OpcPortal.Models;
using OpcPortal.Server;

var folder = args[0];
var killAt = int.Parse(args[1], CultureInfo.InvariantCulture);
var steps = 0;
var time = TimeProvider.System;
await using var database = new SqliteDatabase(Path.Combine(folder, "portal.db"));
var store = await SqlControlStore.OpenAsync(database);
var field = new FileField(Path.Combine(folder, "told"), Step);
var options = new ControlOptions { VerifyAfter = TimeSpan.FromMilliseconds(50), Policy = new ControlPolicy { Grace = TimeSpan.Zero } };
await using var engine = new ControlEngine(store, field, new Leave(Step), options, time, NullLogger.Instance);
var over = new TaskCompletionSource();
engine.Changed += _ =>
{
    Step();
    if (engine.Orders == 0) over.TrySetResult();
};
engine.Start();
await engine.DoAsync(static _ => true, CancellationToken.None);
Step();
var now = time.GetUtcNow().UtcDateTime;
await TakeAsync(Requests.Shed(now), [1, 2, 3]);
await TakeAsync(Requests.Disconnect(now), [9]);
if (engine.Orders > 0) await over.Task;

async Task TakeAsync(ControlRequest request, int[] devices)
{
    // The same id again is the same request: the client asks again, for it was never answered.
    if (await store.FindAsync(request.Id, CancellationToken.None) is null)
        await engine.DoAsync(turn => engine.Take(new StoredRequest(request, [.. devices.Select(field.NameOf)], 0, null, IsWaiting: false), devices, turn), CancellationToken.None);
    Console.WriteLine($"taken {request.Id:N}");
    Step();
}

void Step()
{
    if (Interlocked.Increment(ref steps) == killAt) Process.GetCurrentProcess().Kill();
}

/// <summary>Everybody may; it is asked before anything is kept.</summary>
internal sealed class Leave(Action step) : IControlRights
{
    public ControlRefusal? Find(ControlRequest request, int device, DateTime now)
    {
        step();
        return null;
    }

    public bool MayFinish(ControlRequest request, int device) => true;
}
