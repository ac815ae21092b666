namespace OpcPortal.Host;

/// <summary>The server cannot start. The message is one line that says what to do; it is all that the user sees.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
