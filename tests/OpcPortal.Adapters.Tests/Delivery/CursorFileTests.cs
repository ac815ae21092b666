namespace OpcPortal.Adapters.Tests.Delivery;

public sealed class CursorFileTests : IDisposable
{
    private readonly TestFleet _fleet = new();

    public void Dispose() => _fleet.Dispose();

    private string File => Path.Combine(_fleet.Folder, "cursors");

    [Fact]
    public void Cursors_are_found_again_by_the_next_process_where_they_were_moved_to_last()
    {
        using (var first = new CursorFile(File))
        {
            Assert.Null(first.Find("M/load"));
            first.Move("M/load", new DeliveryCursor(TestFleet.Noon, 3));
            first.Move("N/load", new DeliveryCursor(TestFleet.Noon, 0));
            first.Move("M/load", new DeliveryCursor(TestFleet.Noon.AddMinutes(15), 4));
            Assert.Equal(4, first.Find("M/load")!.Value.Index);
        }

        using var second = new CursorFile(File);
        Assert.Equal(new DeliveryCursor(TestFleet.Noon.AddMinutes(15), 4), second.Find("M/load"));
        Assert.Equal(DateTimeKind.Utc, second.Find("M/load")!.Value.Time.Kind);
        Assert.Equal(new DeliveryCursor(TestFleet.Noon, 0), second.Find("N/load"));
    }

    [Fact]
    public void A_line_that_a_kill_has_cut_leaves_the_cursor_where_it_was()
    {
        using (var first = new CursorFile(File))
        {
            first.Move("M", new DeliveryCursor(TestFleet.Noon, 1));
            first.Move("M", new DeliveryCursor(TestFleet.Noon, 2));
        }

        var text = System.IO.File.ReadAllText(File);
        var second = text.IndexOf('\n', StringComparison.Ordinal) + 1;
        for (var cut = second; cut < text.Length - 1; cut++)
        {
            System.IO.File.WriteAllText(File, text[..cut]);
            using var after = new CursorFile(File);
            Assert.Equal(1, after.Find("M")!.Value.Index);
        }
    }

    [Fact]
    public void A_file_that_has_grown_is_written_anew()
    {
        using var cursors = new CursorFile(File);
        for (var i = 0; i < 5000; i++) cursors.Move("M", new DeliveryCursor(TestFleet.Noon, i));
        Assert.InRange(System.IO.File.ReadLines(File).Count(), 1, 1100);
        Assert.Equal(4999, cursors.Find("M")!.Value.Index);
    }
}
