using System.Reflection;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Values;

/// <summary>The fields of any structure by name: of the standard's from their properties, of a server's own from their definition.</summary>
internal static class StructureFields
{
    public static IEnumerable<(string Name, object? Value)> Of(IStructure structure)
    {
        if (structure is StructureValue value) return value.Fields.Select(f => (f.Field.Name, f.Value.ToObject()));
        return structure.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && p.GetIndexParameters().Length == 0)
            .OrderBy(p => p.DeclaringType == structure.GetType() ? 1 : 0)
            .Select(p => (p.Name, p.GetValue(structure)));
    }
}
