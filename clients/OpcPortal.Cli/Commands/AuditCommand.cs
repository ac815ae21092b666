using System.CommandLine;
using OpcPortal.Cli.Connecting;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal audit</c>: the evidence of a portal server, taken out and checked.</summary>
internal static class AuditCommand
{
    public static Command Create(CliContext context, ConnectionOptions options) => new("audit", "The evidence of a portal server: takes it out, and checks that nothing in it was changed.")
    {
        AuditVerifyCommand.Create(context, options),
        AuditExportCommand.Create(context, options),
    };
}
