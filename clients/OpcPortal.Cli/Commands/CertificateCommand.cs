using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua.Security;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal cert</c>: this client's certificate, and which servers it trusts.</summary>
internal static class CertificateCommand
{
    // Enough of a thumbprint that another certificate with it is not met by accident.
    private const int MinPrefix = 6;

    public static Command Create(CliContext context, ConnectionOptions options) => new("cert", "This client's certificate, and which servers it trusts.")
    {
        CreateCreate(context, options),
        CreateShow(context, options),
        CreateTrust(context, options),
        CreateUntrust(context, options),
        CreateList(context, options),
    };

    private static Command CreateCreate(CliContext context, ConnectionOptions options)
    {
        var hosts = new Option<string[]>("--host") { Description = "Host names that it names.", DefaultValueFactory = _ => [Environment.MachineName], AllowMultipleArgumentsPerToken = true };
        var bits = new Option<int>("--bits") { Description = "Length of the key: 2048, 3072 or 4096.", DefaultValueFactory = _ => 2048 };
        bits.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (2048 or 3072 or 4096)) result.AddError("--bits is 2048, 3072 or 4096.");
        });
        var force = new Option<bool>("--force") { Description = "Replaces the one that is there: servers must be told to trust the new one." };
        var command = new Command("create", "Makes this client's certificate.") { hosts, bits, force };
        command.Run(context, options, (parsed, settings, _) =>
        {
            var store = ClientIdentity.OpenStore(context, settings);
            if (store.LoadOwn() is { } own)
            {
                if (!parsed.GetValue(force)) throw new CliException(ExitCodes.Usage, $"There is one already: {own.Certificate.Thumbprint}.", "Replace it: --force");
                foreach (var file in Directory.EnumerateFiles(Path.Combine(store.Root, "own"), own.Certificate.Thumbprint + ".*", SearchOption.AllDirectories)) File.Delete(file);
            }

            var made = ClientIdentity.Create(context, store, parsed.GetValue(hosts) ?? [], parsed.GetValue(bits));
            return Task.FromResult(Show(context, settings, store, made));
        });
        return command;
    }

    private static Command CreateShow(CliContext context, ConnectionOptions options)
    {
        var command = new Command("show", "Shows this client's certificate, as a server must be given it; made where there is none.");
        command.Run(context, options, (_, settings, _) =>
        {
            var store = ClientIdentity.OpenStore(context, settings);
            return Task.FromResult(Show(context, settings, store, ClientIdentity.Own(context, store)));
        });
        return command;
    }

    private static int Show(CliContext context, ConnectionSettings settings, TrustListStore store, ApplicationCertificate own)
    {
        var file = Path.Combine(store.Root, "own", "certs", own.Certificate.Thumbprint + ".der");
        if (settings.Json)
        {
            context.WriteLine(ValueJson.Document(json =>
            {
                json.WriteStartObject();
                json.WriteString("subject", own.Certificate.Subject);
                json.WriteString("applicationUri", own.ApplicationUri);
                json.WriteString("thumbprint", own.Certificate.Thumbprint);
                json.WriteString("notAfter", own.Certificate.NotAfter.ToUniversalTime());
                json.WriteString("file", file);
                json.WriteString("pem", own.Certificate.ExportCertificatePem());
                json.WriteEndObject();
            }));
            return ExitCodes.Done;
        }

        var grid = new Grid().AddColumns(2);
        foreach (var (name, value) in ((string, string)[])[("Subject", own.Certificate.Subject), ("Application", own.ApplicationUri), ("Thumbprint", own.Certificate.Thumbprint), ("Valid until", ValueText.Format(own.Certificate.NotAfter.ToUniversalTime())), ("File", file)])
            grid.AddRow(new Text(name, new Style(Spectre.Console.Color.Grey)), new Text(value));
        context.Output.Write(grid);
        context.WriteLine(own.Certificate.ExportCertificatePem());
        return ExitCodes.Done;
    }

    private static Command CreateTrust(CliContext context, ConnectionOptions options)
    {
        var which = new Argument<string>("thumbprint-or-file") { Description = "The thumbprint (its beginning will do) of a refused certificate, or a certificate file." };
        var command = new Command("trust", "Trusts a server's certificate.") { which };
        command.Run(context, options, (parsed, settings, _) =>
        {
            var store = ClientIdentity.OpenStore(context, settings);
            var certificate = Find(store, parsed.GetRequiredValue(which), store.Rejected(), settings);
            store.Trust(certificate);
            return Task.FromResult(Tell(context, settings, certificate, "trusted"));
        });
        return command;
    }

    private static Command CreateUntrust(CliContext context, ConnectionOptions options)
    {
        var which = new Argument<string>("thumbprint-or-file") { Description = "The thumbprint (its beginning will do) of a trusted certificate, or a certificate file." };
        var command = new Command("untrust", "Trusts a server's certificate no longer.") { which };
        command.Run(context, options, (parsed, settings, _) =>
        {
            var store = ClientIdentity.OpenStore(context, settings);
            var certificate = Find(store, parsed.GetRequiredValue(which), store.Current.Trusted, settings);
            if (!store.Distrust(certificate)) throw new CliException(ExitCodes.Usage, $"{certificate.Thumbprint} is not among the trusted ones.", $"See which are: opcportal cert list{settings.PkiArgument}");
            return Task.FromResult(Tell(context, settings, certificate, "no longer trusted"));
        });
        return command;
    }

    private static X509Certificate2 Find(TrustListStore store, string which, IEnumerable<X509Certificate2> among, ConnectionSettings settings)
    {
        if (File.Exists(which)) return Load(which);
        var prefix = which.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        if (prefix.Length < MinPrefix || !prefix.All(char.IsAsciiHexDigit)) throw new CliException(ExitCodes.Usage, $"'{which}' is no file and no thumbprint of at least {MinPrefix} digits.", $"See which there are: opcportal cert list{settings.PkiArgument}");
        X509Certificate2[] found = [.. among.Where(c => c.Thumbprint.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var one] => one,
            [] => throw new CliException(ExitCodes.Usage, $"No certificate there has a thumbprint that begins with {which}.", $"See which there are: opcportal cert list{settings.PkiArgument}"),
            _ => throw new CliException(ExitCodes.Usage, $"{found.Length} thumbprints begin with {which}.", "Give more of it."),
        };
    }

    private static X509Certificate2 Load(string file)
    {
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(file);
        }
        catch (CryptographicException unreadable)
        {
            throw new CliException(ExitCodes.Usage, $"{file} is no certificate: {unreadable.Message}");
        }
    }

    private static int Tell(CliContext context, ConnectionSettings settings, X509Certificate2 certificate, string what)
    {
        if (settings.Json) context.WriteLine(ValueJson.Document(json => Write(json, certificate, what)));
        else context.Output.MarkupLine($"[green]{what}:[/] {Markup.Escape(certificate.Subject)} {certificate.Thumbprint}");
        return ExitCodes.Done;
    }

    private static Command CreateList(CliContext context, ConnectionOptions options)
    {
        var command = new Command("list", "Lists the certificates that are trusted, those of issuers, and those that were refused.");
        command.Run(context, options, (_, settings, _) =>
        {
            var store = ClientIdentity.OpenStore(context, settings);
            var all = store.Current.Trusted.Select(c => (c, "trusted")).Concat(store.Current.Issuers.Select(c => (c, "issuer"))).Concat(store.Rejected().Select(c => (c, "rejected"))).ToArray();
            if (settings.Json) context.WriteLine(Json(all));
            else Show(context, all);
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static void Show(CliContext context, (X509Certificate2 Certificate, string List)[] all)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("List", "Subject", "Application", "Thumbprint", "Valid until");
        foreach (var (certificate, list) in all)
        {
            var color = list switch { "trusted" => Spectre.Console.Color.Green, "rejected" => Spectre.Console.Color.Red, _ => Spectre.Console.Color.Grey };
            table.AddRow(
                new Text(list, new Style(color)), new Text(certificate.Subject), new Text(CertificateFields.ApplicationUri(certificate) ?? ""), new Text(certificate.Thumbprint),
                new Text(ValueText.Format(certificate.NotAfter.ToUniversalTime())));
        }

        context.Output.Write(table);
    }

    private static string Json((X509Certificate2 Certificate, string List)[] all) => ValueJson.Document(json =>
    {
        json.WriteStartArray();
        foreach (var (certificate, list) in all) Write(json, certificate, list);
        json.WriteEndArray();
    });

    private static void Write(System.Text.Json.Utf8JsonWriter json, X509Certificate2 certificate, string list)
    {
        json.WriteStartObject();
        json.WriteString("list", list);
        json.WriteString("subject", certificate.Subject);
        json.WriteString("applicationUri", CertificateFields.ApplicationUri(certificate));
        json.WriteString("thumbprint", certificate.Thumbprint);
        json.WriteString("notAfter", certificate.NotAfter.ToUniversalTime());
        json.WriteEndObject();
    }
}
