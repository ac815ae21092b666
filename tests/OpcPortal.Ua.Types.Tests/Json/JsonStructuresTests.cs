using System.Text;
using OpcPortal.Ua.Types.Tests.Generated;

namespace OpcPortal.Ua.Types.Tests.Json;

/// <summary>Every structure of the standard in both forms of JSON; what was read is compared by its binary form.</summary>
public sealed class JsonStructuresTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => RandomStructures.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_structure_reads_back_what_it_wrote_in_both_forms(string name)
    {
        foreach (var structure in Values(name, 10))
            foreach (var context in new[] { JsonContext.Compact, JsonContext.Verbose })
            {
                var json = JsonEncoder.ToUtf8(new ExtensionObject(structure), context);
                var read = JsonDecoder.DecodeExtensionObject(json, context)!.Structure;

                Assert.True(read is not null && read.GetType() == structure.GetType(), Encoding.UTF8.GetString(json));
                Assert.True(BinaryEncoder.ToBytes(structure).AsSpan().SequenceEqual(BinaryEncoder.ToBytes(read)), Encoding.UTF8.GetString(json));
            }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_structure_cut_short_is_a_codec_error(string name)
    {
        foreach (var structure in Values(name, 1))
        {
            var json = JsonEncoder.ToUtf8(new ExtensionObject(structure), JsonContext.Compact);
            for (var length = 0; length < json.Length; length += 1 + (json.Length / 200))
            {
                var cut = json[..length];
                Assert.Throws<CodecException>(() => JsonDecoder.DecodeExtensionObject(cut, JsonContext.Compact));
            }
        }
    }

    // Part 6 5.4.2.16: decoders accept the UaTypeId in any position.
    [Theory]
    [MemberData(nameof(Names))]
    public void The_type_may_follow_the_fields(string name)
    {
        foreach (var structure in Values(name, 2))
        {
            var fields = Encoding.UTF8.GetString(JsonEncoder.ToUtf8(structure, JsonContext.Compact));
            var comma = fields == "{}" ? "" : ",";
            var json = Encoding.UTF8.GetBytes($"{fields[..^1]}{comma}\"UaTypeId\":\"{structure.DataTypeId}\"}}");

            var read = JsonDecoder.DecodeExtensionObject(json, JsonContext.Compact)!.Structure!;

            Assert.Equal(BinaryEncoder.ToBytes(structure), BinaryEncoder.ToBytes(read));
        }
    }

    private IEnumerable<IStructure> Values(string name, int count)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var values = new RandomStructures(new Random(seed));
        for (var i = 0; i < count; i++)
        {
            var structure = values.Create(RandomStructures.Types[name]);
            // An abstract type is never on the wire by itself.
            if (!StructureRegistry.Standard.TryGet(structure.DataTypeId, out var entry) || entry.DataTypeId != structure.DataTypeId) yield break;
            yield return structure;
        }
    }
}
