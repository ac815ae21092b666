using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace OpcPortal.Models.Tests;

/// <summary>The canonical form of rows that is hashed, and their form in files.</summary>
public sealed class EvidenceFormTests
{
    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "\0", "\"", "\\", "{", "}", "é", "\u20AC", "\n").List[0, 6].Select(string.Concat);

    // Few values a field, so that rows differ by where a byte stands rather than by what it is.
    private static readonly Gen<EvidenceRow> Row =
        from @class in Gen.Enum<EvidenceClass>()
        from kind in Gen.Enum<EvidenceKind>()
        from sequence in Gen.Long[1, 3]
        from ticks in Gen.Long[0, 3]
        from type in Text
        from party in Text
        from body in Text
        from previous in Gen.ULong[0, 2]
        select new EvidenceRow
        {
            Class = @class,
            Kind = kind,
            Sequence = sequence,
            Time = EvidenceChains.Noon.AddTicks(ticks),
            Type = type,
            Party = party,
            Body = body,
            Previous = new EvidenceDigest(0, 0, 0, previous),
            Hash = default,
        };

    [Fact]
    public void Two_different_rows_never_have_the_same_canonical_form() => Gen.Select(Row, Row).Sample((a, b) =>
        a == b == EvidenceDigest.CanonicalOf(a).AsSpan().SequenceEqual(EvidenceDigest.CanonicalOf(b)) && a == b == (EvidenceDigest.Of(a) == EvidenceDigest.Of(b)));

    [Fact]
    public void What_moves_from_one_text_to_the_next_changes_the_form() => Gen.Select(Text, Text, Row).Sample((first, second, row) =>
    {
        var split = EvidenceDigest.CanonicalOf(row with { Type = first, Party = second });
        var joined = EvidenceDigest.CanonicalOf(row with { Type = first + second, Party = "" });
        return second.Length == 0 || !split.AsSpan().SequenceEqual(joined);
    });

    [Fact]
    public void The_canonical_form_is_the_one_that_is_documented()
    {
        var row = EvidenceRow.After(EvidenceAnchor.Start(EvidenceClass.Change), EvidenceChains.Noon, EvidenceKind.Refused, "Te", "P", "{é}");
        byte[] expected =
        [
            .. "OpcPortal evidence 1"u8,
            .. new byte[32],
            1, 1,
            0, 0, 0, 0, 0, 0, 0, 1,
            .. BigEndian(EvidenceChains.Noon.Ticks),
            0, 0, 0, 2, (byte)'T', (byte)'e',
            0, 0, 0, 1, (byte)'P',
            0, 0, 0, 4, (byte)'{', 0xC3, 0xA9, (byte)'}',
        ];
        Assert.Equal(expected, EvidenceDigest.CanonicalOf(row));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(expected)), row.Hash.ToString());
    }

    private static byte[] BigEndian(long value)
    {
        var bytes = BitConverter.GetBytes(value);
        Array.Reverse(bytes);
        return bytes;
    }

    [Fact]
    public void A_row_that_was_written_to_a_line_is_read_back_the_same() => Row.Sample(row =>
    {
        var hashed = row.Rehashed();
        var line = EvidenceText.Write(hashed);
        return !line.Contains('\n', StringComparison.Ordinal) && EvidenceText.TryRead(line, out var read) && read == hashed;
    });

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("""{"class":"Security"}""")]
    public void What_is_no_row_is_none(string line) => Assert.False(EvidenceText.TryRead(line, out _));

    [Fact]
    public void A_line_with_a_member_too_many_missing_or_of_another_form_is_no_row()
    {
        var line = EvidenceText.Write(EvidenceChains.Of(1)[0]);
        Assert.True(EvidenceText.TryRead(line, out _));
        Assert.False(EvidenceText.TryRead(line[..^1] + ",\"note\":1}", out _));
        Assert.False(EvidenceText.TryRead(line[..^1] + ",\"sequence\":1}", out _));
        Assert.False(EvidenceText.TryRead(line.Replace("\"party\":\"\",", "", StringComparison.Ordinal), out _));
        Assert.False(EvidenceText.TryRead(line.Replace("Security", "0", StringComparison.Ordinal), out _));
        Assert.False(EvidenceText.TryRead(line.Replace("Security", "Other", StringComparison.Ordinal), out _));
        Assert.False(EvidenceText.TryRead(line.Replace("Z\"", "\"", StringComparison.Ordinal), out _));
        Assert.False(EvidenceText.TryRead(line + line, out _));
    }

    [Fact]
    public void An_anchor_is_read_back_as_it_was_written()
    {
        var anchor = EvidenceChains.Of(3)[2].Anchor;
        Assert.True(EvidenceAnchor.TryParse(anchor.ToString(), out var read));
        Assert.Equal(anchor, read);
        Assert.False(EvidenceAnchor.TryParse(anchor.ToString()[..^1], out _));
        Assert.False(EvidenceAnchor.TryParse("Security:-1:" + anchor.Hash, out _));
        Assert.False(EvidenceAnchor.TryParse(null, out _));
    }

    [Fact]
    public void A_text_with_an_unpaired_surrogate_has_no_hash_and_is_found_altered()
    {
        var row = EvidenceChains.Of(1)[0] with { Body = "\uD800" };
        Assert.Throws<EncoderFallbackException>(() => EvidenceDigest.Of(row));
        Assert.Equal(EvidenceFlaw.Altered, EvidenceChains.Check([row])!.Flaw);
    }
}
