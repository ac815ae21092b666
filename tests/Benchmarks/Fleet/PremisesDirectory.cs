using System.Diagnostics;
using System.Globalization;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>The directory of <c>premises</c>: as many customers as portals, each living at one, and one aggregator to whom some of them give what is theirs.</summary>
internal static class PremisesDirectory
{
    public const string Operator = "operator";
    public const string Utility = "utility";
    public const string Aggregator = "aggregator";
    public const string Customers = "urn:opcportal:bench:customers";

    // Records that go into the store at once: enough that its cost is that of rows.
    private const int BatchSize = 250_000;

    public static string Uri(string entity) => $"urn:opcportal:bench:{entity}";
    public static string Customer(int number) => string.Create(CultureInfo.InvariantCulture, $"customer-{number}");
    public static string Portal(int number) => string.Create(CultureInfo.InvariantCulture, $"portal-{number}");

    public static async Task<PortalDirectory> OpenAsync(string file) =>
        await PortalDirectory.OpenAsync(await SqlRecordStore.OpenAsync(new SqliteDatabase(file), CancellationToken.None).ConfigureAwait(false), TimeProvider.System).ConfigureAwait(false);

    /// <summary>Makes the directory in a process of its own, so that what that takes is not measured.</summary>
    public static async Task MakeElsewhereAsync(string file, int portals, int agreements)
    {
        using var maker = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, ["premises", "--make-only", "--directory", file, "--portals", $"{portals}", "--agreements", $"{agreements}"])) ?? throw new InvalidOperationException("It does not start.");
        await maker.WaitForExitAsync().ConfigureAwait(false);
        if (maker.ExitCode != 0) throw new InvalidOperationException("The directory could not be made.");
    }

    public static async Task MakeAsync(string file, int portals, int agreements)
    {
        await using var directory = await OpenAsync(file).ConfigureAwait(false);
        var records = new List<object>(BatchSize)
        {
            Entity(Operator, EntityKind.PortalOperator), Entity(Utility, EntityKind.DistributionCompany), Entity(Aggregator, EntityKind.Aggregator),
        };
        for (var i = 0; i < portals; i++)
        {
            var customer = Customer(i);
            records.Add(new Entity { Id = customer, Kind = EntityKind.Customer, Name = customer, NamespaceUri = Customers, CustomerClass = "residential" });
            records.Add(new Tenancy { Id = $"t-{i}", Portal = Portal(i), Customer = customer, Period = ActivePeriod.Always });
            if (i < agreements) records.Add(Agreement(i, customer));
            if (records.Count < BatchSize) continue;
            await directory.ApplyAsync(records, "bench", "made").ConfigureAwait(false);
            records.Clear();
        }

        if (records.Count > 0) await directory.ApplyAsync(records, "bench", "made").ConfigureAwait(false);
    }

    private static Entity Entity(string id, string kind) => new() { Id = id, Kind = kind, Name = id, NamespaceUri = Uri(id) };

    private static Agreement Agreement(int number, string customer) => new()
    {
        Id = $"a-{number}",
        Status = AgreementStatus.Active,
        ChangedAt = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Acts = [],
        Terms = new AgreementTerms
        {
            Grantor = customer,
            Grantee = Aggregator,
            Purpose = "demand-response",
            Scope = new AccessScope { DataClasses = ["Energy"] },
            Operations = Operations.Browse | Operations.Read | Operations.Subscribe,
            Conditions = new AccessConditions { MinimumQuality = QualityLevel.Estimated },
            Period = ActivePeriod.Always,
        },
    };
}
