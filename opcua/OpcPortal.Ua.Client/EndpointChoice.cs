using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>Which of a server's endpoints is wanted.</summary>
public sealed record EndpointChoice
{
    /// <summary>The strongest endpoint that both sides can use; never an unprotected one.</summary>
    public static EndpointChoice Strongest { get; } = new();

    /// <summary>The endpoint without protection, which must be asked for.</summary>
    public static EndpointChoice Unprotected { get; } = new() { Policy = SecurityPolicy.None };

    /// <summary>Null: the strongest.</summary>
    public SecurityPolicy? Policy { get; init; }

    /// <summary>Null: SignAndEncrypt before Sign.</summary>
    public MessageSecurityMode? Mode { get; init; }

    // Part 6 7.2 and Part 7: the transport that the client speaks.
    private const string BinaryTransport = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

    /// <summary>Picks an endpoint.</summary>
    /// <param name="canProtect">Whether the client has a certificate and means to judge the server's.</param>
    /// <exception cref="UaException">BadSecurityModeRejected: none fits; the message says which there are.</exception>
    public EndpointDescription Pick(IReadOnlyList<EndpointDescription> endpoints, bool canProtect)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        EndpointDescription? best = null;
        var bestRank = -1;
        foreach (var endpoint in endpoints)
        {
            var rank = Rank(endpoint, canProtect);
            if (rank <= bestRank) continue;
            best = endpoint;
            bestRank = rank;
        }

        return best ?? throw new UaException(StatusCodes.BadSecurityModeRejected, $"No endpoint of the server fits {Describe(canProtect)}. It offers {Offered(endpoints)}.");
    }

    private int Rank(EndpointDescription endpoint, bool canProtect)
    {
        if (!IsBinary(endpoint) || !SecurityPolicy.TryGet(endpoint.SecurityPolicyUri, out var policy)) return -1;
        if (policy.IsNone != (endpoint.SecurityMode == MessageSecurityMode.None)) return -1;
        if (Policy is { } wanted ? policy != wanted : policy.IsNone && Mode != MessageSecurityMode.None) return -1;
        if (Mode is { } mode && endpoint.SecurityMode != mode) return -1;
        if (!policy.IsNone && !canProtect) return -1;
        // Encryption counts for more than the policy; among equals the server's own ranking.
        var strength = SecurityPolicy.All.Index().First(p => p.Item == policy).Index;
        return ((((int)endpoint.SecurityMode * 16) + strength) * 256) + endpoint.SecurityLevel;
    }

    internal static bool IsBinary(EndpointDescription endpoint) =>
        endpoint.TransportProfileUri is null or "" or BinaryTransport && endpoint.EndpointUrl?.StartsWith("opc.tcp://", StringComparison.OrdinalIgnoreCase) == true;

    private string Describe(bool canProtect)
    {
        var wanted = $"policy {Policy?.Name ?? "(the strongest)"}, mode {Mode?.ToString() ?? "(the strongest)"}";
        return canProtect ? wanted : wanted + " for a client without a certificate";
    }

    private static string Offered(IReadOnlyList<EndpointDescription> endpoints)
    {
        var offered = endpoints.Where(IsBinary).Select(e => $"{e.SecurityPolicyUri?.Split('#')[^1]}/{e.SecurityMode}").Distinct().ToArray();
        return offered.Length == 0 ? "none over opc.tcp" : string.Join(", ", offered);
    }
}
