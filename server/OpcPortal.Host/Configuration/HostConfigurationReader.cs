using System.Net;
using OpcPortal.Adapters;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>Reads opcportal.json. docs/configuration.md describes every setting; a test compares the two.</summary>
internal static class HostConfigurationReader
{
    public const int DefaultPort = 4840;

    /// <exception cref="ConfigurationException">The file cannot be read, or a setting is wrong: <c>file:line: reason</c>.</exception>
    public static HostConfiguration Read(string file)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(file, 1, $"The configuration cannot be read: {unreadable.Message}");
        }

        return Read(file, ConfigElement.Parse(file, bytes));
    }

    private static HostConfiguration Read(string file, ConfigElement root)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        root.Find("$schema");
        var endpoints = ReadEndpoints(root);
        var (users, rules) = IdentityReader.Read(root);
        var limits = LimitsReader.Read(root.Find("limits"));
        var pki = Below(folder, root.Find("pki")?.Text() ?? "pki");
        var models = Below(folder, root.Find("models")?.Text() ?? "models");
        var configuration = new HostConfiguration
        {
            Endpoints = endpoints,
            Listen = ReadListen(root, endpoints),
            CertificateHosts = ReadHosts(root, endpoints),
            Pki = pki,
            UserPki = root.Find("userPki") is { } userPki ? Below(folder, userPki.Text()) : Path.Combine(pki, "users"),
            Users = users,
            Identities = rules,
            NodeSets = [.. (root.Find("nodeSets")?.Items ?? []).Select(item => Below(folder, item.Text())).Concat(FilesOf(models)).Distinct(StringComparer.Ordinal)],
            Database = StorageReader.Read(root.Find("storage"), folder),
            Evidence = StorageReader.ReadEvidence(root.Find("evidence"), folder),
            History = HistorySettings.Read(root.Find("history"), folder),
            Events = StorageReader.ReadEvents(root.Find("events")),
            Backup = BackupReader.Read(root.Find("backup"), folder),
            Subscriptions = SubscriptionSettings.Read(root.Find("subscriptions"), folder),
            DirectoryFolder = Below(folder, root.Find("directory")?.Text() ?? "directory"),
            Portal = new PortalServerOptions
            {
                ModelFolder = models,
                AdapterFolder = Below(folder, root.Find("adapters")?.Text() ?? "adapters"),
                Adapters = BacklogSettings.Read(root.Find("backlog"), folder),
                OwnerRestrictions = ReadOwnerRestrictions(root),
                Commands = limits.Commands,
                IngestCapacity = limits.IngestCapacity,
                Control = new ControlOptions { Policy = ControlPolicyReader.Load(Below(folder, root.Find("control")?.Text() ?? "control.json")) },
                Validation = ValidationFolder.Load(Below(folder, root.Find("validation")?.Text() ?? "validation")),
            },
            Ua = limits.OptionsOf,
        };
        root.RefuseUnread();
        RequireWayIn(root, configuration);
        return configuration;
    }

    // What was loaded from there at run time is loaded at each start.
    private static IEnumerable<string> FilesOf(string models) => Directory.Exists(models) ? Directory.GetFiles(models, "*.xml").Order(StringComparer.Ordinal) : [];

    private static string Below(string folder, string path) => Path.GetFullPath(path, folder);

    private static EndpointOptions ReadEndpoints(ConfigElement root)
    {
        var application = root.Find("application");
        var uri = application?.Find("uri");
        var applicationUri = uri?.Text() ?? DefaultApplicationUri;
        if (!Uri.TryCreate(applicationUri, UriKind.Absolute, out _)) throw uri!.Wrong($"'{applicationUri}' is no URI such as \"urn:server.example.org:OpcPortal\"");
        var name = application?.Find("name")?.Text() ?? "OpcPortal";
        application?.RefuseUnread();

        var section = root.Find("endpoints");
        var urls = section?.Find("urls")?.Items.Select(ReadUrl).ToList() ?? [$"opc.tcp://{Dns.GetHostName()}:{DefaultPort}/OpcPortal"];
        if (urls.Count == 0) throw section!.Get("urls").Wrong("at least one URL is wanted here");
        var security = ReadSecurity(section);
        var options = new EndpointOptions
        {
            Urls = urls,
            ApplicationUri = applicationUri,
            ApplicationName = new LocalizedText(name),
            Security = security,
            AllowAnonymous = section?.Find("allowAnonymous")?.Boolean() ?? false,
            AllowUserName = section?.Find("allowUserName")?.Boolean() ?? true,
            AllowCertificate = section?.Find("allowCertificate")?.Boolean() ?? true,
        };
        section?.Find("listen");
        section?.Find("certificateHosts");
        section?.RefuseUnread();
        return options;
    }

    public static string DefaultApplicationUri => $"urn:{Dns.GetHostName().ToLowerInvariant()}:OpcPortal";

    private static string ReadUrl(ConfigElement item)
    {
        var text = item.Text();
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == "opc.tcp" && url.Host.Length > 0 && url.UserInfo.Length == 0
            ? text : throw item.Wrong($"'{text}' is no URL such as \"opc.tcp://server.example.org:4840/OpcPortal\"");
    }

    private static List<EndpointSecurity> ReadSecurity(ConfigElement? section)
    {
        var policies = section?.Find("policies")?.Items.Select(ReadPolicy).ToList() ?? [.. SecurityPolicy.All.Where(policy => !policy.IsNone)];
        var modes = section?.Find("modes")?.Items.Select(ReadMode).ToList() ?? [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt];
        var security = policies.SelectMany(policy => modes.Select(mode => new EndpointSecurity(policy, mode))).Distinct().ToList();
        if (section?.Find("allowNone")?.Boolean() ?? false) security.Add(new EndpointSecurity(SecurityPolicy.None, MessageSecurityMode.None));
        if (security.Count == 0) throw section!.Wrong("no policy and mode is left: nobody could connect");
        return security;
    }

    private static SecurityPolicy ReadPolicy(ConfigElement item) => SecurityPolicy.All.FirstOrDefault(policy => !policy.IsNone && policy.Name == item.Text())
        ?? throw item.Wrong($"one of {string.Join(", ", SecurityPolicy.All.Where(policy => !policy.IsNone).Select(policy => policy.Name))} is wanted here; None is allowed by \"allowNone\"");

    private static MessageSecurityMode ReadMode(ConfigElement item) => item.Text() switch
    {
        "Sign" => MessageSecurityMode.Sign,
        "SignAndEncrypt" => MessageSecurityMode.SignAndEncrypt,
        _ => throw item.Wrong("Sign or SignAndEncrypt is wanted here; None is allowed by \"allowNone\""),
    };

    private static IPEndPoint[] ReadListen(ConfigElement root, EndpointOptions endpoints)
    {
        if (root.Find("endpoints")?.Find("listen") is not { } listen) return [.. endpoints.Urls.Select(url => new IPEndPoint(IPAddress.IPv6Any, PortOf(url))).Distinct()];
        if (listen.Items.Count == 0) throw listen.Wrong("at least one address is wanted here");
        return [.. listen.Items.Select(item => IPEndPoint.TryParse(item.Text(), out var address) && item.Text().Contains(':', StringComparison.Ordinal)
            ? address : throw item.Wrong($"'{item.Text()}' is no address and port such as \"0.0.0.0:4840\" or \"[::]:4840\""))];
    }

    private static int PortOf(string url) => new Uri(url) is { IsDefaultPort: false, Port: > 0 } uri ? uri.Port : DefaultPort;

    private static string[] ReadHosts(ConfigElement root, EndpointOptions endpoints)
    {
        var listed = root.Find("endpoints")?.Find("certificateHosts")?.Items.Select(item => item.Text(255)) ?? [];
        return [.. endpoints.Urls.Select(url => new Uri(url).DnsSafeHost).Append(Dns.GetHostName()).Append("localhost").Concat(listed).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static AccessRestrictionType ReadOwnerRestrictions(ConfigElement root)
    {
        var owners = root.Find("owners");
        var isEncrypted = owners?.Find("encryptionRequired")?.Boolean() ?? true;
        owners?.RefuseUnread();
        return isEncrypted ? AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired : default;
    }

    // Found now rather than by the first user who cannot log in. With names and passwords allowed, the directory's individuals may.
    private static void RequireWayIn(ConfigElement root, HostConfiguration configuration)
    {
        if (!configuration.Endpoints.AllowAnonymous && !configuration.Endpoints.AllowCertificate && (!configuration.Endpoints.AllowUserName || (configuration.Users.Count == 0 && !HasDirectory(configuration))))
            throw root.Wrong("nobody could log in: give \"users\", or set \"endpoints.allowCertificate\" to true");
    }

    private static bool HasDirectory(HostConfiguration configuration) => Directory.Exists(configuration.DirectoryFolder);
}
