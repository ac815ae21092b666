namespace OpcPortal.Server;

/// <summary>What another part of the server keeps in the directory's store: versioned and durable like the rest, read by that part alone.</summary>
/// <param name="Id">Names the part and what it keeps, such as <c>roles</c>.</param>
/// <param name="Json">Its own form.</param>
public sealed record DirectoryDocument(string Id, string Json);
