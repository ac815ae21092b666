using System.Text.Json;
using System.Text.Json.Serialization;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Keeps what clients changed of roles in the directory's store, every version of it. Part 18 4.</summary>
public sealed class DirectoryRoles(PortalDirectory directory) : IRoleStore
{
    internal const string Document = "roles";

    private const string Author = "RoleSet";

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        // What a newer server wrote would be lost with the next change.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <inheritdoc/>
    /// <exception cref="DirectoryException">It was written by a newer server, or by none.</exception>
    public IReadOnlyList<StoredRole> Load()
    {
        if (!directory.Tables.Documents.TryGetValue(Document, out var stored)) return [];
        try
        {
            return JsonSerializer.Deserialize<StoredRole[]>(stored.Json, Json) ?? [];
        }
        catch (JsonException malformed)
        {
            throw new DirectoryException($"The roles in the directory cannot be read: {malformed.Message}", malformed);
        }
    }

    /// <inheritdoc/>
    public async ValueTask SaveAsync(IReadOnlyList<StoredRole> roles, CancellationToken cancellation) =>
        await directory.ApplyAsync([new DirectoryDocument(Document, JsonSerializer.Serialize(roles, Json))], Author, "A role was changed over OPC UA.", cancellation).ConfigureAwait(false);
}
