using OpcPortal.Ua;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary>What is measured, and where.</summary>
internal sealed record LoadOptions
{
    public required string Url { get; init; }

    /// <summary>Variables of the server that may be read and change.</summary>
    public required IReadOnlyList<NodeId> Nodes { get; init; }

    public SecurityPolicy Policy { get; init; } = SecurityPolicy.None;

    /// <summary>How long each scenario runs, after a warm-up of half of it.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The server's process, whose CPU time and memory are read; 0: not known.</summary>
    public int ServerProcess { get; init; }

    /// <summary>The client's certificates; made where missing. Needed for every policy but None.</summary>
    public string? Pki { get; init; }

    /// <summary>Names of scenarios; empty: all.</summary>
    public IReadOnlySet<string> Scenarios { get; init; } = new HashSet<string>();
}

/// <summary>What one scenario gave.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="Rate">How many a second.</param>
/// <param name="Unit">Of what.</param>
/// <param name="P50Us">Median time of one, microseconds; null where it has no meaning.</param>
/// <param name="P99Us">99th percentile, microseconds.</param>
/// <param name="ServerCores">CPU time of the server by time passed; null where the process is not known.</param>
/// <param name="ServerRssMb">Resident memory of the server at the end, MiB.</param>
/// <param name="Errors">Answers that were not good.</param>
internal sealed record LoadResult(string Name, double Rate, string Unit, double? P50Us = null, double? P99Us = null, double? ServerCores = null, double? ServerRssMb = null, long Errors = 0);
