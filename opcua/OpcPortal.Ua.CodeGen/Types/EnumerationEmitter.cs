namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>Enumerations as C# enums; option sets as flags as wide as on the wire.</summary>
internal static class EnumerationEmitter
{
    public static string Emit(BinarySchema schema)
    {
        var code = new CodeWriter();
        foreach (var enumeration in schema.Enumerations)
        {
            code.Summary(enumeration.IsOptionSet ? "An option set of the standard. Part 3 8.40." : "An enumeration of the standard. Part 3 8.14.");
            if (enumeration.IsOptionSet) code.Line("[Flags]");
            code.Block($"public enum {enumeration.Name}{Width(enumeration)}", () =>
            {
                if (enumeration.IsOptionSet && enumeration.Members.All(m => m.Value != 0)) code.Line("None = 0,");
                foreach (var (name, value) in enumeration.Members) code.Line($"{name} = {value},");
            });
            code.Line();
        }

        return code.ToString();
    }

    private static string Width(SchemaEnumeration enumeration) => enumeration switch
    {
        { IsOptionSet: false } => "",
        { Bits: 8 } => " : byte",
        { Bits: 16 } => " : ushort",
        { Bits: 32 } => " : uint",
        _ => throw new NotSupportedException($"{enumeration.Name} has {enumeration.Bits} bits."),
    };
}
