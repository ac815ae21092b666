using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal endpoints</c>: what a server offers. Needs no trust.</summary>
internal static class EndpointsCommand
{
    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var command = new Command("endpoints", "Lists the endpoints of a server, with what they protect and whom they let in.");
        command.Run(context, options, (_, settings, cancellation) => RunAsync(context, settings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ConnectionSettings settings, CancellationToken cancellation)
    {
        // No certificate is needed to ask, so none is made.
        var client = new UaClient(new UaClientOptions { ApplicationName = "opcportal", ConnectTimeout = settings.Timeout, RequestTimeout = settings.Timeout, Connector = context.Connector, Time = context.Time });
        var endpoints = await client.GetEndpointsAsync(settings.Url.OriginalString, cancellation);
        if (settings.Json) context.WriteLine(Json(settings, endpoints));
        else Show(context, endpoints);
        return ExitCodes.Done;
    }

    private static void Show(CliContext context, IReadOnlyList<EndpointDescription> endpoints)
    {
        if (endpoints.FirstOrDefault()?.Server is { } server) context.Output.MarkupLine($"[bold]{Markup.Escape(server.ApplicationName.Text ?? "")}[/]  [grey]{Markup.Escape(server.ApplicationUri ?? "")}[/]");
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Policy", "Mode", "Level", "Users", "URL");
        foreach (var endpoint in endpoints.OrderByDescending(e => e.SecurityLevel))
        {
            var mode = endpoint.SecurityMode switch { MessageSecurityMode.SignAndEncrypt => "[green]SignAndEncrypt[/]", MessageSecurityMode.Sign => "[yellow]Sign[/]", _ => "[red]None[/]" };
            table.AddRow(Markup.Escape(Policy(endpoint)), mode, $"{endpoint.SecurityLevel}", Markup.Escape(string.Join(", ", Users(endpoint))), Markup.Escape(endpoint.EndpointUrl ?? ""));
        }

        context.Output.Write(table);
    }

    private static string Json(ConnectionSettings settings, IReadOnlyList<EndpointDescription> endpoints) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("url", settings.Url.OriginalString);
        json.WriteStartArray("endpoints");
        foreach (var endpoint in endpoints)
        {
            json.WriteStartObject();
            json.WriteString("endpointUrl", endpoint.EndpointUrl);
            json.WriteString("policy", Policy(endpoint));
            json.WriteString("policyUri", endpoint.SecurityPolicyUri);
            json.WriteString("mode", endpoint.SecurityMode.ToString());
            json.WriteNumber("securityLevel", endpoint.SecurityLevel);
            json.WritePropertyName("users");
            ValueJson.Write(json, Users(endpoint).ToArray());
            json.WriteString("applicationUri", endpoint.Server?.ApplicationUri);
            json.WriteString("applicationName", endpoint.Server?.ApplicationName.Text);
            if (CertificateChain.TryParse(endpoint.ServerCertificate, out var chain)) json.WriteString("certificateThumbprint", chain.Leaf.Thumbprint);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static string Policy(EndpointDescription endpoint) => endpoint.SecurityPolicyUri?.Split('#')[^1] ?? "";

    private static IEnumerable<string> Users(EndpointDescription endpoint) => (endpoint.UserIdentityTokens ?? []).Select(t => t.TokenType.ToString()).Distinct();
}
