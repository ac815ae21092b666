using System.CommandLine;
using OpcPortal.Cli.Connecting;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal agreement</c>: what parties agree on, signed with their own keys.</summary>
internal static class AgreementCommand
{
    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var command = new Command("agreement", "Agreements between entities: each party sees its own, and signs with its own key.");
        foreach (var act in new AgreementActs(context, options).Create()) command.Add(act);
        foreach (var question in AgreementQuestions.Create(context, options)) command.Add(question);
        return command;
    }
}
