namespace OpcPortal.Ua.Types.Tests.Generated;

public sealed class StandardStructuresTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => RandomStructures.Names;

    [Fact]
    public void Every_concrete_structure_of_the_standard_is_registered() => Assert.True(RandomStructures.Types.Count > 290, $"{RandomStructures.Types.Count}");

    [Theory]
    [MemberData(nameof(Names))]
    public void A_structure_reads_back_what_it_wrote(string name)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var values = new RandomStructures(new Random(seed));
        for (var i = 0; i < 20; i++)
        {
            var structure = values.Create(RandomStructures.Types[name]);
            var bytes = BinaryEncoder.ToBytes(structure);
            if (!StructureRegistry.Standard.TryGet(structure.BinaryEncodingId, out var entry)) return; // abstract: never on the wire by itself
            var decoder = new BinaryDecoder(bytes, CodecContext.Default);
            var read = entry.Factory(ref decoder);

            Assert.Equal(structure.GetType(), read.GetType());
            Assert.Equal(0, decoder.Remaining);
            Assert.Equal(bytes, BinaryEncoder.ToBytes(read));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_structure_cut_short_is_a_codec_error(string name)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var structure = new RandomStructures(new Random(seed)).Create(RandomStructures.Types[name]);
        if (!StructureRegistry.Standard.TryGet(structure.BinaryEncodingId, out var entry)) return;
        var bytes = BinaryEncoder.ToBytes(structure);
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes.AsSpan(0, length).ToArray();
            Assert.Throws<CodecException>(() =>
            {
                var decoder = new BinaryDecoder(cut, CodecContext.Default);
                entry.Factory(ref decoder);
            });
        }
    }
}
