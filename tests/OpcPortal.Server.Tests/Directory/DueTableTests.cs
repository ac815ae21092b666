namespace OpcPortal.Server.Tests;

/// <summary>When things are to be looked at again.</summary>
public sealed class DueTableTests
{
    private static readonly DateTime Noon = new(2026, 6, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void What_is_due_stays_so_until_another_instant_is_set()
    {
        var due = new DueTable<string>(StringComparer.Ordinal);
        Assert.Equal(DateTime.MaxValue, due.Next);
        due.Set("b", Noon);
        due.Set("a", Noon);
        due.Set("c", Noon.AddTicks(1));
        Assert.Equal(Noon, due.Next);
        Assert.Equal(["a", "b"], due.DueBy(Noon).Select(entry => entry.Key));
        Assert.Equal(["a", "b"], due.DueBy(Noon).Select(entry => entry.Key));
        due.Set("a", Noon.AddDays(1));
        due.Set("b", DateTime.MaxValue);
        Assert.Empty(due.DueBy(Noon));
        Assert.Equal(Noon.AddTicks(1), due.Next);
        due.Set("c", DateTime.MaxValue);
        Assert.Equal([(Noon.AddDays(1), "a")], due.DueBy(DateTime.MaxValue));
    }
}
