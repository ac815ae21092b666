namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>The standard's numbers as constants.</summary>
internal static class ConstantsEmitter
{
    public static string EmitNodeIds(string nodeClass, IReadOnlyList<(string Name, uint Id)> nodes) =>
        Emit($"{nodeClass}Ids", $"Numeric identifiers of the {nodeClass} nodes of namespace 0. Part 6 Annex A.", nodes, static id => $"{id}").ToString();

    public static string EmitAttributeIds(IReadOnlyList<(string Name, uint Code)> attributes) =>
        Emit("AttributeIds", "Identifiers of attributes. Part 6 Annex A.", attributes, static id => $"{id}").ToString();

    public static string EmitStatusCodes(IReadOnlyList<(string Name, uint Code)> codes)
    {
        var code = Emit("StatusCodes", "Values of a StatusCode, flag and info bits clear. Part 6 Annex A.", codes, static c => $"0x{c:X8}").Line();
        code.Summary("The symbolic names of status codes.");
        code.Block("public static class StatusCodeNames", () =>
        {
            code.Line("/// <param name=\"code\">A code whose flag and info bits are clear.</param>");
            code.Block("public static bool TryGetName(uint code, out string name)", () =>
            {
                code.Line("name = code switch").Line("{");
                foreach (var (name, value) in codes.DistinctBy(c => c.Code)) code.Line($"    0x{value:X8} => nameof(StatusCodes.{name}),");
                code.Line("    _ => \"\",").Line("};").Line("return name.Length > 0;");
            });
        });
        return code.ToString();
    }

    private static CodeWriter Emit(string type, string summary, IEnumerable<(string Name, uint Value)> constants, Func<uint, string> number)
    {
        var code = new CodeWriter().Summary(summary);
        return code.Block($"public static class {type}", () =>
        {
            foreach (var (name, value) in constants) code.Line($"public const uint {name} = {number(value)};");
        });
    }
}
