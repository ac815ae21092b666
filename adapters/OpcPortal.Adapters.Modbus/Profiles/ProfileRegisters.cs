using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>What a device says of its ring of records.</summary>
/// <param name="Count">Records there are.</param>
/// <param name="Newest">The place of the newest, from 0.</param>
internal readonly record struct ProfileHead(int Count, int Newest)
{
    /// <summary>The place of the oldest of the newest so many.</summary>
    public int Oldest(int fresh, int capacity) => (Newest - fresh + 1 + capacity) % capacity;

    /// <summary>Whether a place has been written to since, in a ring whose newest record has moved on by so many.</summary>
    public bool IsOverwritten(int slot, int moved, int capacity) => (slot - Newest - 1 + capacity) % capacity < moved;
}

/// <summary>The requests of a profile. Polls go before it in their turn, commands before both.</summary>
internal sealed class ProfileRegisters(ModbusConnectionSettings connection, ProfileSettings profile, UnitLane lane, TimeProvider time)
{
    private readonly byte[] _data = new byte[ModbusLimits.MaxPdu];

    /// <summary>Reads how many records there are, and which is the newest: in one request where that can be, so that both are of one moment.</summary>
    /// <returns>What is wrong with them; null where nothing is.</returns>
    public async Task<(ProfileHead Head, string? Fault)> ReadHeadAsync(ModbusClient client, CancellationToken cancellation)
    {
        var (count, newest) = (profile.Count, profile.Newest);
        var start = Math.Min(count.Address, newest.Address);
        var length = Math.Max(count.Address + count.Length, newest.Address + newest.Length) - start;
        PointValue many, last;
        if (count.Table == newest.Table && length <= connection.MaxRegistersPerRead)
        {
            var both = await SendAsync(client, count.Table, start, length, cancellation).ConfigureAwait(false);
            if (both.Exception != ExceptionCode.None) return (default, $"the device refuses to say what it has ({both.Exception})");
            (many, last) = (ValueOf(count, start, both.Data.Span), ValueOf(newest, start, both.Data.Span));
        }
        else
        {
            var first = await SendAsync(client, newest.Table, newest.Address, newest.Length, cancellation).ConfigureAwait(false);
            last = first.Exception == ExceptionCode.None ? ValueOf(newest, newest.Address, first.Data.Span) : PointValue.None;
            var second = await SendAsync(client, count.Table, count.Address, count.Length, cancellation).ConfigureAwait(false);
            many = second.Exception == ExceptionCode.None ? ValueOf(count, count.Address, second.Data.Span) : PointValue.None;
        }

        return Check(many, last);
    }

    /// <summary>How many of the records that follow each other from a place can be read in one request.</summary>
    public int Together(int slot, int wanted) => Math.Min(Math.Min(wanted, profile.Capacity - slot), Math.Max(1, connection.MaxRegistersPerRead / profile.Length));

    /// <summary>Reads records that follow each other. Their data holds until the next request.</summary>
    public Task<ProfileData> ReadAsync(ModbusClient client, int slot, int count, CancellationToken cancellation) =>
        SendAsync(client, profile.Table, profile.Address + (slot * profile.Length), count * profile.Length, cancellation);

    /// <summary>By how many records the newest has moved on; null where the device cannot say it any more. Keeps what was read before.</summary>
    public async Task<int?> MovedAsync(ModbusClient client, ProfileHead before, CancellationToken cancellation)
    {
        var kept = _data.ToArray();
        var (now, fault) = await ReadHeadAsync(client, cancellation).ConfigureAwait(false);
        kept.CopyTo(_data, 0);
        return fault is null ? (now.Newest - before.Newest + profile.Capacity) % profile.Capacity : null;
    }

    private (ProfileHead Head, string? Fault) Check(PointValue many, PointValue last)
    {
        if (!many.TryGetNumber(out var count) || !last.TryGetNumber(out var newest)) return (default, "the device does not say what it has");
        if (count == 0) return (default, null);
        if (count < 0 || count > profile.Capacity || count != Math.Truncate(count)) return (default, $"the device says that it has {count} records where there is room for {profile.Capacity}");
        newest -= profile.First;
        if (newest < 0 || newest >= profile.Capacity || newest != Math.Truncate(newest)) return (default, $"the device says that record {newest + profile.First} is its newest, where there is room for {profile.Capacity}");
        return (new ProfileHead((int)count, (int)newest), null);
    }

    private static PointValue ValueOf(RegisterMapping mapping, int start, ReadOnlySpan<byte> data) =>
        DeviceState.Decode(mapping, start, data, out var value) == ReadingStatus.Good ? value : PointValue.None;

    private async Task<ProfileData> SendAsync(ModbusClient client, ModbusTable table, int address, int count, CancellationToken cancellation)
    {
        var request = ModbusRequest.Read(table, address, count);
        for (var busy = 0; ; busy++)
        {
            var answer = await AskAsync(client, request, cancellation).ConfigureAwait(false);
            if (busy == UnitLane.MaxBusy || !ModbusStatus.IsWorthAnotherTry(answer.Exception, request)) return new ProfileData(answer.Exception, _data.AsMemory(0, answer.Length));
            await Task.Delay(UnitLane.BusyPause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<ModbusAnswer> AskAsync(ModbusClient client, ModbusRequest request, CancellationToken cancellation)
    {
        await lane.EnterForPollAsync(client, cancellation).ConfigureAwait(false);
        try
        {
            return await client.TransactAsync(lane.Unit, request, _data, cancellation).ConfigureAwait(false);
        }
        finally
        {
            client.Leave();
            lane.Leave();
        }
    }
}

/// <summary>What a request brought.</summary>
internal readonly record struct ProfileData(ExceptionCode Exception, ReadOnlyMemory<byte> Data);
