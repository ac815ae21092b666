using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary>Connects as the options say.</summary>
internal static class LoadClient
{
    public static UaClientOptions Options(LoadOptions options)
    {
        if (options.Policy.IsNone) return new UaClientOptions { ApplicationUri = "urn:opcportal:bench:client" };
        var store = new TrustListStore(options.Pki ?? throw new ArgumentException("--pki is needed for a secured channel."), TimeProvider.System);
        var certificate = store.LoadOwn() ?? store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(
            new CertificateSubject { Name = "bench client", ApplicationUri = "urn:opcportal:bench:client", Hosts = ["localhost"] }));
        return new UaClientOptions { Certificate = certificate, Validator = new CertificateValidator(store, TimeProvider.System), ChecksHostName = false };
    }

    public static EndpointChoice Choice(LoadOptions options) => options.Policy.IsNone ? EndpointChoice.Unprotected : new EndpointChoice { Policy = options.Policy, Mode = MessageSecurityMode.SignAndEncrypt };

    public static Task<UaSession> ConnectAsync(LoadOptions options) => new UaClient(Options(options)).ConnectAsync(options.Url, Choice(options));
}
