namespace OpcPortal.Billing.Tests;

/// <summary>A file of an export is there whole or not at all.</summary>
public sealed class BillingFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-billing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_not_committed_leaves_what_was_there_and_nothing_beside_it()
    {
        var path = Path.Combine(_folder, "a.csv");
        await File.WriteAllTextAsync(path, "before", TestContext.Current.CancellationToken);
        await using (var file = new BillingFile(path)) file.Stream.Write("half"u8);
        Assert.Equal("before", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        await using (var file = new BillingFile(path))
        {
            file.Stream.Write("whole"u8);
            await file.CommitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal("whole", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }
}
