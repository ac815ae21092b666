namespace OpcPortal.Cli;

/// <summary>A failure told in one line, with what to do next.</summary>
internal sealed class CliException(int exitCode, string message, string? nextStep = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
    public string? NextStep { get; } = nextStep;
}
