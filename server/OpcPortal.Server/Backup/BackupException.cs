namespace OpcPortal.Server;

/// <summary>A backup cannot be made, read or restored: why, and what to do, in one line.</summary>
public sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);
