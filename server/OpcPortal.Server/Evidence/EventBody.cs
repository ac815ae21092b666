using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Writes an event as the body of a row: a JSON object of its fields in ordinal order, without white space. A field is a Variant in OPC UA JSON, compact (Part 6 5.4.2.17), so that
/// its type is kept and values that differ are written differently; ids carry namespace URIs, for indexes mean nothing after a restart. A null field is left out. A value that takes more
/// than <see cref="MaxFieldBytes"/> is named by length and SHA-256 of its UA Binary form. <c>Subject</c> says who acted, as the directory knows them.
/// </summary>
internal sealed class EventBody
{
    /// <summary>Set-points, arguments and certificates fit; files and profiles that are written as a whole do not belong into a log.</summary>
    public const int MaxFieldBytes = 8 * 1024;

    /// <summary>The standard's audit events have some 16 fields; what has more than fit here loses the last of them, which the body says.</summary>
    public const int MaxFields = 48;

    private const int ScratchBytes = 4 * 1024;

    [ThreadStatic]
    private static Scratch? t_scratch;

    private readonly JsonContext _json;

    public EventBody(NamespaceTable namespaces) =>
        _json = new JsonContext(new CodecContext(StructureRegistry.Standard, CodecLimits.Default with { MaxEncodedLength = 2 * MaxFieldBytes }), JsonForm.Compact, namespaces);

    public string Write(UaEvent occurrence)
    {
        var scratch = t_scratch ??= new Scratch(_json);
        scratch.Body.ResetWrittenCount();
        scratch.Names.Clear();
        foreach (var (name, value) in occurrence.Fields)
            if (!value.IsNull) scratch.Names.Add((name, value));
        AddBase(scratch.Names, occurrence);
        scratch.Names.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        scratch.Body.Write("{"u8);
        for (var i = 0; i < Math.Min(MaxFields, scratch.Names.Count); i++) Add(scratch, scratch.Names[i].Name, scratch.Names[i].Value);
        if (scratch.Names.Count > MaxFields) AddRaw(scratch, $"\"~FieldsOmitted\":{scratch.Names.Count - MaxFields}");
        scratch.Body.Write("}"u8);
        return Encoding.UTF8.GetString(scratch.Body.WrittenSpan);
    }

    private static void AddBase(List<(string Name, Variant Value)> fields, UaEvent occurrence)
    {
        fields.Add(("EventId", new Variant(occurrence.EventId)));
        fields.Add(("EventType", new Variant(occurrence.EventType)));
        fields.Add(("Message", new Variant(occurrence.Message)));
        fields.Add(("Severity", occurrence.Severity));
        fields.Add(("SourceName", occurrence.SourceName));
        if (!occurrence.SourceNode.IsNull) fields.Add(("SourceNode", new Variant(occurrence.SourceNode)));
        fields.Add(("Outcome", new Variant(occurrence.Outcome)));
        if (occurrence.Subject is AccessSubject { Entity: not null } subject) fields.Add(("Subject", new Variant(Text(subject))));
    }

    private static string[] Text(AccessSubject subject) => [subject.Entity ?? "", subject.Application ?? "", subject.Individual ?? ""];

    private void Add(Scratch scratch, string name, in Variant value)
    {
        if (!TryWrite(scratch, name, value)) AddRaw(scratch, Digest(name, value));
        else
        {
            // The scratch holds {"Name":...}: what is between the braces is the member.
            var member = scratch.Field.WrittenSpan[1..^1];
            if (member.Length > MaxFieldBytes) AddRaw(scratch, Digest(name, value));
            else AddRaw(scratch, member);
        }
    }

    private bool TryWrite(Scratch scratch, string name, in Variant value)
    {
        scratch.Field.ResetWrittenCount();
        scratch.Writer.Reset(scratch.Field);
        try
        {
            scratch.Writer.WriteStartObject();
            var encoder = new JsonEncoder(scratch.Writer, _json);
            encoder.WriteVariant(Encoding.UTF8.GetBytes(name), value);
            scratch.Writer.WriteEndObject();
            scratch.Writer.Flush();
            return true;
        }
        catch (CodecException)
        {
            // Too large, or without a JSON form: it is named by its hash.
            return false;
        }
    }

    private static string Digest(string name, in Variant value)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        try
        {
            encoder.WriteVariant(value);
            return $$"""{{JsonSerializer.Serialize(name)}}:{"Bytes":{{encoder.Position}},"Sha256":"{{Convert.ToHexString(SHA256.HashData(encoder.Written))}}"}""";
        }
        catch (CodecException)
        {
            return $$"""{{JsonSerializer.Serialize(name)}}:{"Unencodable":true}""";
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static void AddRaw(Scratch scratch, string member) => AddRaw(scratch, Encoding.UTF8.GetBytes(member));

    private static void AddRaw(Scratch scratch, ReadOnlySpan<byte> member)
    {
        if (scratch.Body.WrittenCount > 1) scratch.Body.Write(","u8);
        scratch.Body.Write(member);
    }

    /// <summary>What one thread writes with, again and again.</summary>
    private sealed class Scratch(JsonContext json)
    {
        public ArrayBufferWriter<byte> Body { get; } = new(ScratchBytes);
        public ArrayBufferWriter<byte> Field { get; } = new(ScratchBytes);
        public Utf8JsonWriter Writer { get; } = new(Stream.Null, JsonEncoder.WriterOptions(json));
        public List<(string Name, Variant Value)> Names { get; } = new(MaxFields);
    }
}
