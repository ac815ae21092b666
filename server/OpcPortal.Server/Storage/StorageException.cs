namespace OpcPortal.Server;

/// <summary>A database cannot be reached, or does not do what it was asked. The message says why, for people, and holds no password.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
