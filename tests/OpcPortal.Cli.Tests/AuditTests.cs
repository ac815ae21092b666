using System.Text.Json;
using Microsoft.Data.Sqlite;
using OpcPortal.Models;

namespace OpcPortal.Cli.Tests;

/// <summary><c>opcportal audit verify</c> on files, without any server: exit code 0 where they are whole, 5 where they are not.</summary>
public sealed class AuditTests : IAsyncDisposable
{
    private static readonly DateTime Noon = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    private readonly CliServer _server = new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private string Path(string name) => System.IO.Path.Combine(_server.Folder, name);

    private static List<EvidenceRow> Rows(int count, EvidenceClass @class = EvidenceClass.Security)
    {
        var (rows, head) = (new List<EvidenceRow>(), EvidenceAnchor.Start(@class));
        for (var i = 1; i <= count; i++)
        {
            rows.Add(EvidenceRow.After(head, Noon.AddSeconds(i), EvidenceKind.Done, "Test", "", $$"""{"Number":{{i}}}"""));
            head = rows[^1].Anchor;
        }

        return rows;
    }

    private string Export(IEnumerable<EvidenceRow> rows, string name = "export.jsonl")
    {
        File.WriteAllLines(Path(name), rows.Select(EvidenceText.Write));
        return Path(name);
    }

    private string Database(IEnumerable<EvidenceRow> rows)
    {
        using var connection = new SqliteConnection($"Data Source={Path("portal.db")};Pooling=False");
        connection.Open();
        using var create = connection.CreateCommand();
        // As the server makes it, but for triggers and indexes.
        create.CommandText = """
            CREATE TABLE evidence (class INTEGER NOT NULL, sequence BIGINT NOT NULL, time BIGINT NOT NULL, kind INTEGER NOT NULL, type TEXT NOT NULL, party TEXT NOT NULL, body TEXT NOT NULL,
                previous BLOB NOT NULL, hash BLOB NOT NULL, through BIGINT, PRIMARY KEY (class, sequence))
            """;
        create.ExecuteNonQuery();
        foreach (var row in rows)
        {
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO evidence VALUES (@class, @sequence, @time, @kind, @type, @party, @body, @previous, @hash, NULL)";
            foreach (var (name, value) in (ReadOnlySpan<(string, object)>)
                [("class", (int)row.Class), ("sequence", row.Sequence), ("time", row.Time.Ticks), ("kind", (int)row.Kind), ("type", row.Type), ("party", row.Party), ("body", row.Body), ("previous", row.Previous.ToBytes()), ("hash", row.Hash.ToBytes())])
                insert.Parameters.AddWithValue(name, value);
            insert.ExecuteNonQuery();
        }

        return Path("portal.db");
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path("portal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    [Fact]
    public async Task An_export_that_is_whole_is_found_whole_class_by_class()
    {
        var run = await _server.RunAsync("audit", "verify", Export([.. Rows(5), .. Rows(3, EvidenceClass.Change)]));
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        Assert.Contains("Security: 5 rows, 1 to 5", run.Output);
        Assert.Contains("Change: 3 rows, 1 to 3", run.Output);
        Assert.Contains("No anchors", run.Error);
    }

    [Fact]
    public async Task A_changed_row_a_gap_and_a_broken_line_are_named()
    {
        var rows = Rows(5);
        var changed = await _server.RunAsync("audit", "verify", Export([.. rows[..2], rows[2] with { Body = "{}" }, .. rows[3..]]));
        Assert.Equal(ExitCodes.NotWhole, changed.ExitCode);
        Assert.Contains("Row 3 is not what was written", changed.Output);
        var gap = await _server.RunAsync("audit", "verify", Export([.. rows[..2], .. rows[3..]]));
        Assert.Equal(ExitCodes.NotWhole, gap.ExitCode);
        Assert.Contains("Row 3 is missing", gap.Output);
        var file = Export(rows);
        await File.AppendAllTextAsync(file, EvidenceText.Write(rows[0])[..40], TestContext.Current.CancellationToken);
        var cut = await _server.RunAsync("audit", "verify", file);
        Assert.Equal(ExitCodes.NotWhole, cut.ExitCode);
        Assert.Contains(":6 is no row", cut.Error);
    }

    [Fact]
    public async Task A_tail_that_was_cut_off_shows_against_the_anchors_beside_the_file_or_one_that_is_given()
    {
        var rows = Rows(5);
        var file = Export(rows[..3]);
        Assert.Equal(ExitCodes.Done, (await _server.RunAsync("audit", "verify", file)).ExitCode);
        var given = await _server.RunAsync("audit", "verify", file, "--anchor", rows[4].Anchor.ToString());
        Assert.Equal(ExitCodes.NotWhole, given.ExitCode);
        Assert.Contains("ends with row 3", given.Output);
        await File.WriteAllLinesAsync(file + ".anchors", [rows[4].Anchor.ToString()], TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.NotWhole, (await _server.RunAsync("audit", "verify", file)).ExitCode);
        Export(rows);
        Assert.Equal(ExitCodes.Done, (await _server.RunAsync("audit", "verify", file)).ExitCode);
        // A class of which nothing is left at all.
        await File.WriteAllLinesAsync(file + ".anchors", [Rows(2, EvidenceClass.Change)[1].Anchor.ToString()], TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.NotWhole, (await _server.RunAsync("audit", "verify", file)).ExitCode);
        Assert.Equal(ExitCodes.Usage, (await _server.RunAsync("audit", "verify", file, "--anchor", "nonsense")).ExitCode);
    }

    [Fact]
    public async Task A_database_is_verified_as_it_lies_and_every_column_counts()
    {
        var file = Database([.. Rows(9), .. Rows(2, EvidenceClass.Disclosure)]);
        var run = await _server.RunAsync("audit", "verify", file, "--json");
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        Assert.Equal([9, 2], JsonDocument.Parse(run.Output).RootElement.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("rows").GetInt32()));
        foreach (var (change, back) in ((string, string)[])
            [("body = '{}'", "body = '{\"Number\":4}'"), ("time = time + 1", "time = time - 1"), ("kind = 1", "kind = 0"), ("type = 'x'", "type = 'Test'"), ("party = 'x'", "party = ''")])
        {
            Execute($"UPDATE evidence SET {change} WHERE class = 0 AND sequence = 4");
            var changed = await _server.RunAsync("audit", "verify", file, "--json");
            Assert.Equal(ExitCodes.NotWhole, changed.ExitCode);
            var security = JsonDocument.Parse(changed.Output).RootElement.GetProperty("classes")[0];
            Assert.Equal((3, 4, "Altered"), (security.GetProperty("rows").GetInt32(), security.GetProperty("faultAt").GetInt32(), security.GetProperty("flaw").GetString()));
            Execute($"UPDATE evidence SET {back} WHERE class = 0 AND sequence = 4");
        }

        Assert.Equal(ExitCodes.Done, (await _server.RunAsync("audit", "verify", file)).ExitCode);
        Execute("DELETE FROM evidence WHERE class = 0 AND sequence = 4");
        Assert.Contains("Row 4 is missing", (await _server.RunAsync("audit", "verify", file)).Output);
        Execute("UPDATE evidence SET hash = 'no hash' WHERE class = 0 AND sequence = 3");
        Assert.Equal(ExitCodes.NotWhole, (await _server.RunAsync("audit", "verify", file)).ExitCode);
    }

    [Theory]
    [InlineData("missing.db", "There is no file")]
    [InlineData("text.txt", ":1 is no row")]
    public async Task What_is_no_evidence_is_told(string name, string said)
    {
        await File.WriteAllTextAsync(Path("text.txt"), "hello", TestContext.Current.CancellationToken);
        var run = await _server.RunAsync("audit", "verify", Path(name));
        Assert.NotEqual(ExitCodes.Done, run.ExitCode);
        Assert.Contains(said, run.Error);
    }
}
