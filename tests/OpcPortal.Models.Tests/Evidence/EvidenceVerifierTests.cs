namespace OpcPortal.Models.Tests;

/// <summary>Evidence of portal-model.md: rows chained by hash, so that tampering shows.</summary>
public sealed class EvidenceVerifierTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    public void A_chain_as_it_was_written_is_whole(int count) => Assert.Null(EvidenceChains.Check(EvidenceChains.Of(count)));

    public static TheoryData<string, Func<EvidenceRow, EvidenceRow>> Changes { get; } = new()
    {
        { "class", row => row with { Class = EvidenceClass.Change } },
        { "time", row => row with { Time = row.Time.AddTicks(1) } },
        { "kind", row => row with { Kind = EvidenceKind.Refused } },
        { "type", row => row with { Type = row.Type + "x" } },
        { "party", row => row with { Party = "mallory" } },
        { "body", row => row with { Body = row.Body.Replace("Number", "number", StringComparison.Ordinal) } },
        { "previous hash", row => row with { Previous = row.Previous with { D = row.Previous.D ^ 1 } } },
        { "hash", row => row with { Hash = row.Hash with { A = row.Hash.A ^ 1 } } },
        { "sequence number", row => row with { Sequence = row.Sequence + 100 } },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Each_field_of_a_row_that_is_changed_shows_at_that_row(string field, Func<EvidenceRow, EvidenceRow> change)
    {
        var rows = EvidenceChains.Of(9);
        rows[4] = change(rows[4]);
        var fault = EvidenceChains.Check(rows);
        Assert.True(fault is not null, field);
        Assert.Equal(rows[4].Sequence, fault.Sequence);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_with_a_hash_that_was_made_to_fit_shows_at_the_next_row_at_the_latest(string field, Func<EvidenceRow, EvidenceRow> change)
    {
        var rows = EvidenceChains.Of(9);
        rows[4] = change(rows[4]).Rehashed();
        // Who gives a hash that is then made to fit has changed nothing.
        if (field == "hash") Assert.Null(EvidenceChains.Check(rows));
        else Assert.True(EvidenceChains.Check(rows) is { Sequence: 5 or 6 or 105 }, field);
    }

    [Fact]
    public void A_row_that_is_removed_is_a_gap_and_says_which()
    {
        var rows = EvidenceChains.Of(9);
        rows.RemoveAt(4);
        Assert.Equal(EvidenceFlaw.Gap, EvidenceChains.Check(rows)!.Flaw);
        Assert.Contains("Row 5 is missing", EvidenceChains.Check(rows)!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_were_inserted_swapped_or_doubled_show()
    {
        var inserted = EvidenceChains.Of(9);
        inserted.Insert(4, EvidenceRow.After(inserted[3].Anchor, inserted[3].Time, EvidenceKind.Done, "Forged", "", "{}"));
        Assert.Equal((5, EvidenceFlaw.OutOfOrder), Of(inserted));
        var swapped = EvidenceChains.Of(9);
        (swapped[4], swapped[5]) = (swapped[5], swapped[4]);
        Assert.Equal((6, EvidenceFlaw.Gap), Of(swapped));
        var doubled = EvidenceChains.Of(9);
        doubled.Insert(4, doubled[3]);
        Assert.Equal((4, EvidenceFlaw.OutOfOrder), Of(doubled));
        var foreign = EvidenceChains.Of(9);
        foreign[4] = EvidenceChains.Of(9, EvidenceClass.Change)[4];
        Assert.Equal((5, EvidenceFlaw.OutOfOrder), Of(foreign));
    }

    private static (long, EvidenceFlaw) Of(List<EvidenceRow> rows) => EvidenceChains.Check(rows) is { } fault ? (fault.Sequence, fault.Flaw) : default;

    [Fact]
    public void A_tail_that_was_cut_off_shows_against_an_anchor_and_only_there()
    {
        var rows = EvidenceChains.Of(9);
        var anchor = rows[8].Anchor;
        Assert.Null(EvidenceChains.Check(rows, anchor));
        Assert.Null(EvidenceChains.Check(rows[..6]));
        var fault = EvidenceChains.Check(rows[..6], anchor);
        Assert.Equal((6, EvidenceFlaw.CutTail), (fault!.Sequence, fault.Flaw));
    }

    [Fact]
    public void A_chain_that_was_written_anew_as_a_whole_shows_against_an_anchor()
    {
        var rows = EvidenceChains.Of(9);
        var anchor = rows[5].Anchor;
        var forged = EvidenceChains.Of(3).And(EvidenceKind.Done, "Forged", "{}");
        for (var i = 4; i < 9; i++) forged.And(EvidenceKind.Done, rows[i].Type, rows[i].Body);
        Assert.Null(EvidenceChains.Check(forged));
        Assert.Equal(EvidenceFlaw.Rewritten, EvidenceChains.Check(forged, anchor)!.Flaw);
        // An anchor of another class says nothing of this one.
        Assert.Null(EvidenceChains.Check(forged, anchor with { Class = EvidenceClass.Change }));
    }

    [Fact]
    public void Old_rows_may_be_gone_where_a_checkpoint_in_the_log_says_so_and_not_a_row_more()
    {
        var rows = EvidenceChains.Of(9).And(EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, "");
        rows.RemoveAt(9);
        rows.And(EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, new EvidenceCheckpoint(3, rows[2].Hash).ToBody());
        Assert.Null(EvidenceChains.Check(rows));
        Assert.Null(EvidenceChains.Check(rows[3..]));
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(rows[4..])!.Flaw);
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(rows[2..])!.Flaw);
        // The anchor of a row that is gone by right is no reproach.
        Assert.Null(EvidenceChains.Check(rows[3..], rows[1].Anchor));
        // Where one checks what came after an anchor, that anchor stands for what was before; another does not.
        Assert.Null(EvidenceChains.Check(rows[4..], rows[3].Anchor));
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(rows[4..], rows[2].Anchor)!.Flaw);
    }

    [Fact]
    public void The_newest_checkpoint_counts_and_one_with_another_hash_does_not()
    {
        var rows = EvidenceChains.Of(9);
        rows.And(EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, new EvidenceCheckpoint(2, rows[1].Hash).ToBody());
        rows.And(EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, new EvidenceCheckpoint(5, rows[4].Hash).ToBody());
        Assert.Null(EvidenceChains.Check(rows[5..]));
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(rows[2..])!.Flaw);
        var wrong = EvidenceChains.Of(9);
        wrong.And(EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, new EvidenceCheckpoint(5, wrong[3].Hash).ToBody());
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(wrong[5..])!.Flaw);
        // A row of another kind cannot vouch.
        var posing = EvidenceChains.Of(9);
        posing.And(EvidenceKind.Done, EvidenceCheckpoint.TypeName, new EvidenceCheckpoint(5, posing[4].Hash).ToBody());
        Assert.Equal(EvidenceFlaw.CutHead, EvidenceChains.Check(posing[5..])!.Flaw);
    }

    [Fact]
    public void After_the_first_fault_nothing_more_is_counted()
    {
        var rows = EvidenceChains.Of(9).And(EvidenceKind.Lost, "Lost", """{"Events":7}""");
        var verifier = new EvidenceVerifier(EvidenceClass.Security, []);
        Assert.All(rows, row => Assert.True(verifier.Add(row)));
        Assert.Equal((10, 1, 1), (verifier.Count, verifier.First, verifier.LostRows));
        Assert.False(verifier.Add(rows[2]));
        Assert.False(verifier.Add(EvidenceRow.After(rows[^1].Anchor, EvidenceChains.Noon, EvidenceKind.Done, "x", "", "{}")));
        Assert.Equal(10, verifier.Count);
    }
}
