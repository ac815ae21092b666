using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>A client application: asks servers what they offer and makes sessions. Thread-safe. Part 4 5.5 and 5.7.</summary>
public sealed class UaClient(UaClientOptions options)
{
    /// <summary>Who the client is and how it behaves.</summary>
    public UaClientOptions Options { get; } = options;

    /// <summary>The endpoints that a server offers, asked without protection: what they say holds only once a channel has confirmed it. Part 4 5.5.4.</summary>
    /// <exception cref="UaException">The server cannot be reached or refuses.</exception>
    public async Task<IReadOnlyList<EndpointDescription>> GetEndpointsAsync(string url, CancellationToken cancellation = default)
    {
        await using var channel = await OpenForDiscoveryAsync(url, cancellation).ConfigureAwait(false);
        var request = new GetEndpointsRequest { EndpointUrl = url, LocaleIds = [.. Options.Locales] };
        var response = await channel.InvokeAsync<GetEndpointsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        return response.Endpoints ?? [];
    }

    /// <summary>The servers that a server knows, itself among them. Part 4 5.5.2.</summary>
    /// <exception cref="UaException">The server cannot be reached or refuses.</exception>
    public async Task<IReadOnlyList<ApplicationDescription>> FindServersAsync(string url, CancellationToken cancellation = default)
    {
        await using var channel = await OpenForDiscoveryAsync(url, cancellation).ConfigureAwait(false);
        var request = new FindServersRequest { EndpointUrl = url, LocaleIds = [.. Options.Locales] };
        var response = await channel.InvokeAsync<FindServersResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        return response.Servers ?? [];
    }

    /// <summary>Discovers a server's endpoints, picks one, and makes an activated session on it.</summary>
    /// <param name="url">An opc.tcp URL.</param>
    /// <param name="choice">Default <see cref="EndpointChoice.Strongest"/>.</param>
    /// <param name="user">Default <see cref="UserIdentity.Anonymous"/>.</param>
    /// <exception cref="ServerCertificateException">The server is not trusted.</exception>
    /// <exception cref="UaException">The server cannot be reached, refuses, or does not behave.</exception>
    public async Task<UaSession> ConnectAsync(string url, EndpointChoice? choice = null, UserIdentity? user = null, CancellationToken cancellation = default)
    {
        var endpoints = await GetEndpointsAsync(url, cancellation).ConfigureAwait(false);
        var endpoint = (choice ?? EndpointChoice.Strongest).Pick(endpoints, Options is { Certificate: not null, Validator: not null });
        return await ConnectAsync(new ConfiguredEndpoint(ParseUrl(url), endpoint, endpoints), user, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes an activated session on an endpoint that was found before.</summary>
    /// <exception cref="ServerCertificateException">The server is not trusted.</exception>
    /// <exception cref="UaException">The server cannot be reached, refuses, or does not behave.</exception>
    public Task<UaSession> ConnectAsync(ConfiguredEndpoint endpoint, UserIdentity? user = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return UaSession.ConnectAsync(Options, endpoint, user ?? UserIdentity.Anonymous, cancellation);
    }

    /// <summary>Reads an opc.tcp URL.</summary>
    /// <exception cref="UaException">BadTcpEndpointUrlInvalid: it is none.</exception>
    public static Uri ParseUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == "opc.tcp" && parsed.Host.Length > 0
            ? parsed
            : throw new UaException(StatusCodes.BadTcpEndpointUrlInvalid, $"'{url}' is not a URL such as opc.tcp://host:4840.");

    private Task<UaChannel> OpenForDiscoveryAsync(string url, CancellationToken cancellation) => UaChannel.OpenAsync(
        new UaChannelOptions
        {
            EndpointUrl = ParseUrl(url),
            Limits = Options.Limits,
            Connector = Options.Connector,
            ConnectTimeout = Options.ConnectTimeout,
            RequestTimeout = Options.RequestTimeout,
            Time = Options.Time,
            Logger = Options.Logger,
        },
        cancellation);
}

/// <summary>An endpoint and how it is reached.</summary>
/// <param name="Url">What is connected to: often not the URL in the description, which may name the server as it sees itself.</param>
/// <param name="Description">As the server gave it.</param>
/// <param name="Discovered">All that discovery gave, to compare with what the session says; null where there was none.</param>
public sealed record ConfiguredEndpoint(Uri Url, EndpointDescription Description, IReadOnlyList<EndpointDescription>? Discovered = null)
{
    /// <exception cref="UaException">BadSecurityPolicyRejected: the policy is obsolete or unknown.</exception>
    internal SecurityPolicy Policy => SecurityPolicy.TryGet(Description.SecurityPolicyUri, out var policy)
        ? policy
        : throw new UaException(StatusCodes.BadSecurityPolicyRejected, $"Policy {Description.SecurityPolicyUri} is not supported.");

    // The path belongs to the endpoint, host and port to the way there.
    internal Uri ConnectUrl => Uri.TryCreate(Description.EndpointUrl, UriKind.Absolute, out var own) && own.AbsolutePath.Length > 1
        ? new UriBuilder(Url) { Path = own.AbsolutePath }.Uri
        : Url;
}
