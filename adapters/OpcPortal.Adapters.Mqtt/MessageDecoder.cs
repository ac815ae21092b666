using System.Text;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Turns messages into readings, device states and answers. One of these a loop; not thread-safe.</summary>
internal sealed class MessageDecoder(PendingAnswers pending)
{
    private readonly List<Reading> _readings = [];
    private PayloadScalar[] _found = [];
    private PayloadScalar[] _item = [];
    private string?[] _faults = [];

    /// <summary>What the last message brought.</summary>
    public IReadOnlyList<Reading> Readings => _readings;

    /// <summary>Reads one message.</summary>
    /// <param name="received">UTC; the source time of values that have none of their own.</param>
    public void Decode(TopicRoute route, ReadOnlySpan<byte> payload, in MessageFacts message, DateTime received)
    {
        _readings.Clear();
        if (_found.Length < route.Tree.Count) _found = new PayloadScalar[route.Tree.Count];
        if (_faults.Length < route.Devices.Count) _faults = new string?[route.Devices.Count];
        Array.Clear(_found, 0, route.Tree.Count);
        Array.Clear(_faults, 0, route.Devices.Count);
        var malformed = message.IsTooLarge ? "the payload is too large" : route.Tree.Count > 0 && payload.Length > 0 ? Parse(route, payload) : null;
        // By index: an enumerator behind an interface would be an allocation a message.
        for (var i = 0; i < route.Statuses.Count; i++) DecodeStatus(route.Statuses[i], payload, malformed, message.IsRetained, received);
        for (var i = 0; i < route.Responses.Count && !message.IsRetained; i++) DecodeResponse(route.Responses[i], payload, malformed, message);
        for (var i = 0; i < route.Values.Count; i++)
            if (IsWanted(route.Values[i], route, message.IsRetained)) DecodeValue(route.Values[i], payload, malformed, message, received);
        for (var i = 0; i < route.Lists.Count; i++) DecodeList(route.Lists[i], payload, malformed, message);
        TellDevices(route, message.IsRetained);
    }

    /// <summary>The readings of a device that cannot be reached.</summary>
    public void Lose(FieldDevice device, DateTime now)
    {
        foreach (var point in device.Live) _readings.Add(new Reading(point, PointValue.None, now, ReadingStatus.BadNoCommunication));
    }

    /// <summary>Starts anew.</summary>
    public void Clear() => _readings.Clear();

    private string? Parse(TopicRoute route, ReadOnlySpan<byte> payload)
    {
        try
        {
            route.Tree.Read(payload, _found);
            return null;
        }
        catch (JsonException wrong)
        {
            // What stands before the fault is not believed either.
            Array.Clear(_found, 0, route.Tree.Count);
            return $"the payload is no JSON (line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1})";
        }
    }

    private static bool IsWanted(RoutedValue value, TopicRoute route, bool isRetained)
    {
        if (isRetained && (value.Source.Retained == RetainedPolicy.Ignore || value.Point == RoutedValue.NoPoint)) return false;
        // What a device said before it went is no value of now; and a message that says it is gone brings none.
        return value.Device.State != CommunicationState.Offline || (!isRetained && route.Statuses.Count == 0);
    }

    private void DecodeStatus(RoutedStatus status, ReadOnlySpan<byte> payload, string? malformed, bool isRetained, DateTime now)
    {
        var scalar = status.Slot >= 0 ? _found[status.Slot] : Whole(payload);
        if ((status.Slot >= 0 && malformed is not null) || scalar.Kind is JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray) return;
        if (!scalar.TryGetText(payload, out var word) || !status.Mapping.Words.TryGetValue(word, out var state)) return;
        var was = status.Device.State;
        status.Device.Says(state, isRetained);
        if (state == CommunicationState.Offline && was != CommunicationState.Offline) Lose(status.Device, now);
    }

    private void DecodeResponse(RoutedResponse response, ReadOnlySpan<byte> payload, string? malformed, in MessageFacts message)
    {
        string? id = null;
        if (response.Mapping.ByCorrelationData) id = message.CorrelationData ?? "";
        else if (response.CorrelationSlot >= 0 && !TryGetText(response.CorrelationSlot, payload, out id)) return;
        pending.Complete(response.Command, id, malformed is not null ? ReadingStatus.BadDecodingError : IsOk(response, payload) ? ReadingStatus.Good : ReadingStatus.BadDeviceFailure, message.IsDuplicate);
    }

    private bool IsOk(RoutedResponse response, ReadOnlySpan<byte> payload)
    {
        if (response.Mapping.Ok is not { } ok) return true;
        if (response.OkSlot < 0) return Whole(payload).TryGetText(payload, out var whole) && whole == ok.Word;
        return TryGetText(response.OkSlot, payload, out var word) && word == ok.Word;
    }

    private bool TryGetText(int slot, ReadOnlySpan<byte> payload, out string word)
    {
        word = "";
        return _found[slot].Kind is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False && _found[slot].TryGetText(payload, out word);
    }

    private void DecodeValue(RoutedValue routed, ReadOnlySpan<byte> payload, string? malformed, in MessageFacts message, DateTime received)
    {
        var source = routed.Source;
        PointValue value = default;
        var status = message.IsTooLarge || (malformed is not null && source.Payload == PayloadKind.Json) ? ReadingStatus.BadDecodingError
            // MQTT 5.0 3.3.1.3: a payload of no bytes clears what a topic retained.
            : payload.Length == 0 ? ReadingStatus.BadNoData
            : Take(routed, payload, out value);
        if (status is null) return;
        var (time, timeIsWrong) = TimeOf(routed, _found, payload, received);
        var reading = Judge(routed, _found, payload, status.Value, value, time ?? received, timeIsWrong);
        // MQTT 5.0 3.3.1.1: what is sent again was true when it was sent first, nobody knows when.
        if ((message.IsRetained || message.IsDuplicate) && time is null && source.Retained == RetainedPolicy.Uncertain && !IsBad(reading.Status)) reading = reading with { Status = ReadingStatus.UncertainLastUsableValue };
        if (status is ReadingStatus.BadDecodingError && routed.Point != RoutedValue.NoPoint)
            _faults[routed.DeviceIndex] ??= malformed ?? $"point {NameOf(routed)}: no value of format {source.Value.Format}";
        if (routed.Point != RoutedValue.NoPoint) _readings.Add(reading);
        if (!message.IsRetained && status == ReadingStatus.Good && !pending.IsEmpty) pending.Offer(routed, value);
    }

    // What a device sends late of itself is no word about how it stands now, but that it is there.
    private void DecodeList(RoutedList list, ReadOnlySpan<byte> payload, string? malformed, in MessageFacts message)
    {
        if (message.IsTooLarge) malformed = "the payload is too large";
        if (malformed is null && payload.Length == 0) return;
        var array = malformed is null ? _found[list.Slot] : default;
        if (malformed is null && array.Kind == JsonTokenType.None) return;
        if (malformed is null && array.Kind != JsonTokenType.StartArray) malformed = "there is no list where one should be";
        malformed ??= DecodeItems(list, payload[array.Start..], message.IsRetained);
        if (malformed is null) return;
        foreach (var value in list.Values) _faults[value.DeviceIndex] ??= malformed;
    }

    /// <returns>What is wrong with the list; null where nothing is.</returns>
    private string? DecodeItems(RoutedList list, ReadOnlySpan<byte> items, bool isRetained)
    {
        if (_item.Length < list.Tree.Count) _item = new PayloadScalar[list.Tree.Count];
        var reader = list.Tree.ItemsOf(items);
        try
        {
            for (var index = 0; reader.TryRead(_item.AsSpan(0, list.Tree.Count)); index++)
            {
                for (var i = 0; i < list.Values.Count; i++)
                    if (!isRetained || list.Values[i].Source.Retained != RetainedPolicy.Ignore) DecodeItem(list.Values[i], items, index);
            }

            return null;
        }
        catch (JsonException wrong)
        {
            return wrong.Message;
        }
    }

    private void DecodeItem(RoutedValue routed, ReadOnlySpan<byte> items, int index)
    {
        var scalar = _item[routed.ValueSlot];
        if (scalar.Kind == JsonTokenType.None) return;
        var status = routed.Source.Value.Decode(scalar, items, out var value);
        var (time, isWrong) = TimeOf(routed, _item, items, default);
        if (time is null || isWrong)
        {
            _faults[routed.DeviceIndex] ??= $"point {NameOf(routed)}: item {index} of the list has no time, and is passed over";
            return;
        }

        if (status == ReadingStatus.BadDecodingError) _faults[routed.DeviceIndex] ??= $"point {NameOf(routed)}: item {index} of the list has no value of format {routed.Source.Value.Format}";
        _readings.Add(Judge(routed, _item, items, status, value, time.Value, timeIsWrong: false));
    }

    /// <returns>Null where the payload does not have the value: it brings others, and this one stays as it is.</returns>
    private ReadingStatus? Take(RoutedValue routed, ReadOnlySpan<byte> payload, out PointValue value)
    {
        value = default;
        switch (routed.Source.Payload)
        {
            case PayloadKind.Raw: return routed.Source.DecodeRaw(payload, out value);
            case PayloadKind.Text: return routed.Source.Value.Decode(Whole(payload), payload, out value);
            default:
                var scalar = _found[routed.ValueSlot];
                return scalar.Kind == JsonTokenType.None ? null : routed.Source.Value.Decode(scalar, payload, out value);
        }
    }

    private static (DateTime? Time, bool IsWrong) TimeOf(RoutedValue routed, PayloadScalar[] found, ReadOnlySpan<byte> payload, DateTime received)
    {
        if (routed.TimeSlot < 0 || found[routed.TimeSlot].Kind is JsonTokenType.None or JsonTokenType.Null) return (null, false);
        return PayloadTime.TryRead(found[routed.TimeSlot], payload, routed.Source.Time!.Value.Format, out var utc) ? (utc, false) : (received, true);
    }

    private static Reading Judge(RoutedValue routed, PayloadScalar[] found, ReadOnlySpan<byte> payload, ReadingStatus status, PointValue value, DateTime time, bool timeIsWrong)
    {
        if (status != ReadingStatus.Good) return new Reading(routed.Point, PointValue.None, time, status);
        var (said, code) = routed.QualitySlot >= 0 ? routed.Source.Quality!.Decode(found[routed.QualitySlot], payload) : default;
        // A value whose time is not to be read is a value, but of when? IEC 61968-9: diagnostics, clock error.
        if (timeIsWrong && !IsBad(said)) (said, code) = (ReadingStatus.Uncertain, new QualityCode(QualityOrigin.EndDevice, QualityCode.Diagnostics, 9));
        return new Reading(routed.Point, IsBad(said) ? PointValue.None : value, time, said, code);
    }

    private void TellDevices(TopicRoute route, bool isRetained)
    {
        for (var i = 0; i < route.Devices.Count; i++)
        {
            var device = route.Devices[i];
            // Said offline by this very message, or a retained word of one that is gone.
            if (device.State == CommunicationState.Offline && (isRetained || route.Statuses.Count > 0)) continue;
            if (_faults[i] is { } fault)
            {
                device.Undecodable(route.Topic, fault);
                continue;
            }

            device.Decodable(route.Topic);
            if (!isRetained) device.Heard();
        }
    }

    private static string NameOf(RoutedValue routed)
    {
        foreach (var point in routed.Device.Configuration.Points)
            if (point.Number == routed.Point) return point.Name;
        return "";
    }

    // Part 4 7.39.1: the two highest bits are the severity; 10 is bad.
    private static bool IsBad(ReadingStatus status) => (uint)status >> 30 == 2;

    // Firmwares end their texts with a line feed or spaces now and then.
    private static PayloadScalar Whole(ReadOnlySpan<byte> payload)
    {
        var start = payload.Length - payload.TrimStart(" \t\r\n\0"u8).Length;
        return new PayloadScalar(JsonTokenType.String, start, payload[start..].TrimEnd(" \t\r\n\0"u8).Length);
    }
}

/// <summary>What a message says beside its payload.</summary>
/// <param name="IsRetained">The broker kept it from before we subscribed.</param>
/// <param name="CorrelationData">As text; null where there is none (MQTT 5.0 3.3.2.3.6).</param>
/// <param name="IsTooLarge">Its payload was not kept.</param>
/// <param name="IsDuplicate">The broker sends it again, not having heard that it came (MQTT 5.0 3.3.1.1).</param>
internal readonly record struct MessageFacts(bool IsRetained, string? CorrelationData = null, bool IsTooLarge = false, bool IsDuplicate = false);
