namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>
/// Structures as classes with the standard's inheritance, which read and write themselves field by field. The few of which a message holds
/// thousands are structs, so that an array of them is one allocation.
/// </summary>
internal static class StructureEmitter
{
    private static readonly HashSet<string> Structs =
        ["ReadValueId", "WriteValue", "MonitoredItemNotification", "ReferenceDescription", "SubscriptionAcknowledgement"];

    // JsonDecoder keeps a bit for each field of an object, and one for UaTypeId.
    private const int MaxFields = 63;

    public static string Emit(BinarySchema schema, NodeIdTable ids, SchemaStructure structure)
    {
        var code = new CodeWriter().Summary($"DataType i={ids.Find("DataType", structure.Name)} of the standard.");
        if (Structs.Contains(structure.Name)) EmitStruct(code, schema, ids, structure);
        else EmitClass(code, schema, ids, structure);
        return code.ToString();
    }

    public static string EmitRegistration(BinarySchema schema, NodeIdTable ids)
    {
        var code = new CodeWriter();
        return code.Block("internal static class StandardStructures", () => code.Block("public static void Register(StructureRegistry registry)", () =>
        {
            foreach (var structure in schema.Structures)
            {
                var binary = ids.Find("Object", structure.Name + "_Encoding_DefaultBinary");
                if (binary == 0) continue;
                var json = ids.Find("Object", structure.Name + "_Encoding_DefaultJson");
                code.Line($"registry.Add<{structure.Name}>({NodeId(ids.Find("DataType", structure.Name))}, {NodeId(binary)}, {NodeId(json)});");
            }
        })).ToString();
    }

    private static void EmitStruct(CodeWriter code, BinarySchema schema, NodeIdTable ids, SchemaStructure structure)
    {
        var fields = Fields(schema, structure);
        code.Block($"public partial struct {structure.Name} : IStructure<{structure.Name}>", () =>
        {
            foreach (var field in fields) EmitProperty(code, field);
            code.Line();
            EmitIds(code, ids, structure, "public readonly ");
            code.Line();
            code.Block("public readonly void Encode(ref BinaryEncoder encoder)", () => EmitWrites(code, fields));
            code.Line();
            code.Line($"public static {structure.Name} Decode(ref BinaryDecoder decoder) => new()").Line("{");
            foreach (var field in fields) code.Line($"    {field.Property} = {field.Read},");
            code.Line("};").Line();
            code.Block("public readonly void EncodeJson(ref JsonEncoder encoder)", () => EmitJsonWrites(code, fields));
            code.Line();
            code.Block("public bool DecodeJsonField(ref JsonDecoder decoder)", () => EmitJsonReads(code, fields, first: 0, "false"));
        });
    }

    private static void EmitClass(CodeWriter code, BinarySchema schema, NodeIdTable ids, SchemaStructure structure)
    {
        var fields = Fields(schema, structure);
        var isOpen = schema.HasSubtype(structure);
        var isRoot = structure.Base is null;
        var ownsIdName = schema.Bases(structure).Append(structure).Any(s => s.Fields.Any(f => f.Name == nameof(IStructure.DataTypeId)));
        var interfaces = $"{(isRoot ? "" : structure.Base + ", ")}IStructure<{structure.Name}>{ServiceInterface(structure)}";
        var how = isRoot ? isOpen ? "public virtual " : "public " : "public override ";
        code.Block($"public {(isOpen ? "" : "sealed ")}partial class {structure.Name} : {interfaces}", () =>
        {
            EmitConstructors(code, structure, fields, isOpen, isRoot);
            foreach (var field in fields) EmitProperty(code, field);
            if (fields.Length > 0) code.Line();
            EmitIds(code, ids, structure, how, ownsIdName);
            code.Line();
            code.Block($"{how}void Encode(ref BinaryEncoder encoder)", () =>
            {
                if (!isRoot) code.Line("base.Encode(ref encoder);");
                EmitWrites(code, fields);
            });
            code.Line();
            code.Line($"public static {(isRoot ? "" : "new ")}{structure.Name} Decode(ref BinaryDecoder decoder) => new(ref decoder);");
            EmitJson(code, fields, how, isRoot, first: schema.Bases(structure).Sum(b => b.Fields.Length));
        });
    }

    // A subtype without fields of its own is written and read by its base.
    private static void EmitJson(CodeWriter code, FieldCode[] fields, string how, bool isRoot, int first)
    {
        if (fields.Length == 0 && !isRoot) return;
        code.Line();
        code.Block($"{how}void EncodeJson(ref JsonEncoder encoder)", () =>
        {
            if (!isRoot) code.Line("base.EncodeJson(ref encoder);");
            EmitJsonWrites(code, fields);
        });
        code.Line();
        code.Block($"{how}bool DecodeJsonField(ref JsonDecoder decoder)", () =>
            EmitJsonReads(code, fields, first, isRoot ? "false" : "base.DecodeJsonField(ref decoder)"));
    }

    private static void EmitJsonWrites(CodeWriter code, FieldCode[] fields)
    {
        foreach (var field in fields) code.Line($"{field.JsonWrite};");
    }

    // Fields are numbered across the bases, so that the decoder sees one that stands twice.
    private static void EmitJsonReads(CodeWriter code, FieldCode[] fields, int first, string otherwise)
    {
        if (first + fields.Length > MaxFields) throw new NotSupportedException($"A structure of {first + fields.Length} fields: JsonDecoder tells {MaxFields} apart.");
        for (var i = 0; i < fields.Length; i++)
            code.Line($"{(i == 0 ? "" : "else ")}if (decoder.IsField(\"{fields[i].Name}\"u8, {first + i})) {fields[i].Property} = {fields[i].JsonRead};");
        if (fields.Length > 0) code.Line($"else return {otherwise};");
        code.Line(fields.Length > 0 ? "return true;" : $"return {otherwise};");
    }

    private static void EmitConstructors(CodeWriter code, SchemaStructure structure, FieldCode[] fields, bool isOpen, bool isRoot)
    {
        var parts = fields.Where(f => f.IsPart).ToArray();
        code.Block($"public {structure.Name}()", () =>
        {
            foreach (var part in parts) code.Line($"{part.Property} = new();");
        });
        code.Line();
        code.Block($"{(isOpen ? "protected" : "private")} {structure.Name}(ref BinaryDecoder decoder){(isRoot ? "" : " : base(ref decoder)")}", () =>
        {
            foreach (var field in fields) code.Line($"{field.Property} = {field.Read};");
        });
        code.Line();
    }

    private static void EmitProperty(CodeWriter code, FieldCode field) => code.Line($"public {field.Type} {field.Property} {{ get; set; }}");

    private static void EmitWrites(CodeWriter code, FieldCode[] fields)
    {
        foreach (var field in fields) code.Line($"{field.Write};");
    }

    private static void EmitIds(CodeWriter code, NodeIdTable ids, SchemaStructure structure, string how, bool ownsIdName = false)
    {
        code.Line($"{(ownsIdName ? "NodeId IStructure." : how + "NodeId ")}DataTypeId => {NodeId(ids.Find("DataType", structure.Name))};");
        code.Line($"{how}NodeId BinaryEncodingId => {NodeId(ids.Find("Object", structure.Name + "_Encoding_DefaultBinary"))};");
    }

    private static string NodeId(uint id) => id == 0 ? "default" : $"new NodeId({id}u)";

    private static string ServiceInterface(SchemaStructure structure) => structure.Fields switch
    {
        [{ Name: "RequestHeader", Type: "RequestHeader" }, ..] => ", IServiceRequest",
        [{ Name: "ResponseHeader", Type: "ResponseHeader" }, ..] => ", IServiceResponse",
        _ => "",
    };

    private static FieldCode[] Fields(BinarySchema schema, SchemaStructure structure) =>
        Array.ConvertAll(structure.Fields, field => FieldCode.Of(schema, structure, field, Structs));
}
