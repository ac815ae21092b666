using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Reads fields of an event from the body of its row, as <see cref="EventBody"/> wrote them. What is not there, or not of that form, is null.</summary>
internal readonly struct EvidenceFields(JsonElement body)
{
    /// <summary>The value of a text field.</summary>
    public string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>The value of a field that is a StatusCode.</summary>
    public StatusCode Status(string name) => Value(name) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetUInt32(out var code) => code,
        { ValueKind: JsonValueKind.Object } verbose when verbose.TryGetProperty("Code", out var code) && code.TryGetUInt32(out var bits) => bits,
        _ => StatusCodes.Good,
    };

    /// <summary>A text within a structure that is the value of a field.</summary>
    public string? TextWithin(string name, string member) =>
        Value(name) is { ValueKind: JsonValueKind.Object } structure && structure.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private JsonElement? Value(string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Object && field.TryGetProperty("Value", out var value) ? value : null;
}
