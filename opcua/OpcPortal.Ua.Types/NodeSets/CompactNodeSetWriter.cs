using System.Buffers;
using System.Text;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Which attributes of a node follow, in this order; one that is not set has its default, a Boolean is the flag itself.</summary>
[Flags]
internal enum CompactFields : uint
{
    None = 0,
    DisplayNames = 1 << 0,
    Descriptions = 1 << 1,
    WriteMask = 1 << 2,
    RolePermissions = 1 << 3,
    AccessRestrictions = 1 << 4,
    ParentNodeId = 1 << 5,
    SymbolicName = 1 << 6,
    InverseNames = 1 << 7,
    EventNotifier = 1 << 8,
    MethodDeclarationId = 1 << 9,
    DataType = 1 << 10,
    ValueRank = 1 << 11,
    ArrayDimensions = 1 << 12,
    AccessLevelEx = 1 << 13,
    MinimumSamplingInterval = 1 << 14,
    Value = 1 << 15,
    DataTypeDefinition = 1 << 16,
    IsAbstract = 1 << 17,
    Symmetric = 1 << 18,
    ContainsNoLoops = 1 << 19,
    NotExecutable = 1 << 20,
    NotUserExecutable = 1 << 21,
    Historizing = 1 << 22,
    All = (1 << 23) - 1,
}

/// <summary>How a NodeId is written: the kind in the lowest three bits of a varint, a number or namespace index above it.</summary>
internal static class CompactNodeIdKind
{
    public const byte Standard = 0, FirstNamespace = 1, OtherNumeric = 2, Text = 3, Guid = 4, Opaque = 5;
    public const int Bits = 3;
}

/// <summary>Writes the content of a <see cref="CompactNodeSet"/>: varints, each string once in a table at the front.</summary>
internal sealed class CompactNodeSetWriter
{
    private readonly ArrayBufferWriter<byte> _body = new(16 * 1024);
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly List<string> _strings = [];

    private CompactNodeSetWriter()
    {
    }

    public static byte[] Write(NodeSet nodeSet)
    {
        var writer = new CompactNodeSetWriter();
        writer.WriteArray(nodeSet.NamespaceUris, writer.WriteString);
        writer.WriteArray(nodeSet.ServerUris, writer.WriteString);
        writer.WriteArray(nodeSet.Models, writer.WriteModel);
        writer.WriteArray(nodeSet.Nodes, writer.WriteNode);
        return writer.WithStrings();
    }

    private byte[] WithStrings()
    {
        var table = new CompactNodeSetWriter();
        table.WriteVarint((uint)_strings.Count);
        foreach (var text in _strings)
        {
            table.WriteVarint((uint)BinaryEncoder.StrictUtf8.GetByteCount(text));
            BinaryEncoder.StrictUtf8.GetBytes(text, table._body);
        }

        return [.. table._body.WrittenSpan, .. _body.WrittenSpan];
    }

    private void WriteVarint(ulong value)
    {
        var span = _body.GetSpan(10);
        var length = 0;
        for (; value > 0x7F; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _body.Advance(length);
    }

    // Signed numbers near zero stay short whatever their sign.
    private void WriteSigned(long value) => WriteVarint(((ulong)value << 1) ^ (ulong)(value >> 63));

    private void WriteArray<T>(T[] items, Action<T> write)
    {
        WriteVarint((uint)items.Length);
        foreach (var item in items) write(item);
    }

    // 0 is null; strings count from 1.
    private void WriteString(string? text)
    {
        if (text is null)
        {
            WriteVarint(0);
            return;
        }

        if (!_indexes.TryGetValue(text, out var index))
        {
            _strings.Add(text);
            _indexes[text] = index = _strings.Count;
        }

        WriteVarint((uint)index);
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteVarint((uint)bytes.Length);
        _body.Write(bytes);
    }

    private void WriteNodeId(NodeId id)
    {
        ulong Head(ulong number, byte kind) => (number << CompactNodeIdKind.Bits) | kind;
        switch (id.IdType)
        {
            case IdType.Numeric when id.NamespaceIndex <= 1:
                WriteVarint(Head(id.Numeric, id.NamespaceIndex == 0 ? CompactNodeIdKind.Standard : CompactNodeIdKind.FirstNamespace));
                break;
            case IdType.Numeric:
                WriteVarint(Head(id.NamespaceIndex, CompactNodeIdKind.OtherNumeric));
                WriteVarint(id.Numeric);
                break;
            case IdType.String:
                WriteVarint(Head(id.NamespaceIndex, CompactNodeIdKind.Text));
                WriteString(id.Text);
                break;
            case IdType.Guid:
                WriteVarint(Head(id.NamespaceIndex, CompactNodeIdKind.Guid));
                _body.Write(id.Guid.ToByteArray());
                break;
            default:
                WriteVarint(Head(id.NamespaceIndex, CompactNodeIdKind.Opaque));
                WriteBytes(id.Opaque);
                break;
        }
    }

    private void WriteText(LocalizedText text)
    {
        WriteString(text.Text);
        WriteString(text.Locale);
    }

    private void WriteModel(NodeSetModel model)
    {
        WriteString(model.ModelUri);
        WriteString(model.Version);
        WriteString(model.ModelVersion);
        WriteString(model.XmlSchemaUri);
        WriteVarint((ulong)(model.PublicationDate?.Ticks ?? 0));
        WriteVarint(model.DefaultAccessRestrictions);
        WriteVarint(model.DefaultRolePermissions is null ? 0u : 1u);
        if (model.DefaultRolePermissions is { } permissions) WriteArray(permissions, WritePermission);
        WriteArray(model.RequiredModels, WriteModel);
    }

    private void WritePermission(RolePermission permission)
    {
        WriteNodeId(permission.RoleId);
        WriteVarint(permission.Permissions);
    }

    // The direction, and whether the target names a server or a namespace by URI, share a number.
    private void WriteReference(NodeReference reference)
    {
        WriteVarint((reference.IsForward ? 1u : 0u) | (reference.Target.IsLocal ? 0u : 2u));
        WriteNodeId(reference.ReferenceTypeId);
        WriteNodeId(reference.Target.NodeId);
        if (reference.Target.IsLocal) return;
        WriteString(reference.Target.NamespaceUri);
        WriteVarint(reference.Target.ServerIndex);
    }

    private void WriteNode(NodeRecord node)
    {
        var fields = FieldsOf(node);
        WriteVarint((uint)node.NodeClass);
        WriteNodeId(node.NodeId);
        WriteVarint(node.BrowseName.NamespaceIndex);
        WriteString(node.BrowseName.Name);
        WriteVarint((uint)fields);
        if (fields.HasFlag(CompactFields.DisplayNames)) WriteArray(node.DisplayNames, WriteText);
        if (fields.HasFlag(CompactFields.Descriptions)) WriteArray(node.Descriptions, WriteText);
        if (fields.HasFlag(CompactFields.WriteMask)) WriteVarint(node.WriteMask);
        if (node.RolePermissions is { } permissions) WriteArray(permissions, WritePermission);
        if (node.AccessRestrictions is { } restrictions) WriteVarint(restrictions);
        if (node.ParentNodeId is { } parent) WriteNodeId(parent);
        if (node.SymbolicName is { } symbolicName) WriteString(symbolicName);
        if (fields.HasFlag(CompactFields.InverseNames)) WriteArray(node.InverseNames, WriteText);
        if (fields.HasFlag(CompactFields.EventNotifier)) WriteVarint(node.EventNotifier);
        if (node.MethodDeclarationId is { } declaration) WriteNodeId(declaration);
        if (fields.HasFlag(CompactFields.DataType)) WriteNodeId(node.DataType);
        if (fields.HasFlag(CompactFields.ValueRank)) WriteSigned(node.ValueRank);
        if (node.ArrayDimensions is { } dimensions) WriteArray(dimensions, d => WriteVarint(d));
        if (fields.HasFlag(CompactFields.AccessLevelEx)) WriteVarint(node.AccessLevelEx);
        if (fields.HasFlag(CompactFields.MinimumSamplingInterval)) WriteVarint(BitConverter.DoubleToUInt64Bits(node.MinimumSamplingInterval));
        if (fields.HasFlag(CompactFields.Value)) WriteValue(node.Value);
        if (node.DataTypeDefinition is { } definition) WriteValue(Variant.From(definition));
        WriteArray(node.References, WriteReference);
    }

    private void WriteValue(in Variant value)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        try
        {
            encoder.WriteVariant(value);
            WriteBytes(encoder.Written);
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static CompactFields FieldsOf(NodeRecord node)
    {
        static CompactFields When(bool isSet, CompactFields field) => isSet ? field : CompactFields.None;
        return When(node.DisplayNames.Length > 0, CompactFields.DisplayNames)
            | When(node.Descriptions.Length > 0, CompactFields.Descriptions)
            | When(node.WriteMask != 0, CompactFields.WriteMask)
            | When(node.RolePermissions is not null, CompactFields.RolePermissions)
            | When(node.AccessRestrictions is not null, CompactFields.AccessRestrictions)
            | When(node.ParentNodeId is not null, CompactFields.ParentNodeId)
            | When(node.SymbolicName is not null, CompactFields.SymbolicName)
            | When(node.InverseNames.Length > 0, CompactFields.InverseNames)
            | When(node.EventNotifier != 0, CompactFields.EventNotifier)
            | When(node.MethodDeclarationId is not null, CompactFields.MethodDeclarationId)
            | When(node.DataType != new NodeId(24u), CompactFields.DataType)
            | When(node.ValueRank != -1, CompactFields.ValueRank)
            | When(node.ArrayDimensions is not null, CompactFields.ArrayDimensions)
            | When(node.AccessLevelEx != 1, CompactFields.AccessLevelEx)
            | When(node.MinimumSamplingInterval != 0, CompactFields.MinimumSamplingInterval)
            | When(!node.Value.IsNull, CompactFields.Value)
            | When(node.DataTypeDefinition is not null, CompactFields.DataTypeDefinition)
            | When(node.IsAbstract, CompactFields.IsAbstract)
            | When(node.Symmetric, CompactFields.Symmetric)
            | When(node.ContainsNoLoops, CompactFields.ContainsNoLoops)
            | When(!node.Executable, CompactFields.NotExecutable)
            | When(!node.UserExecutable, CompactFields.NotUserExecutable)
            | When(node.Historizing, CompactFields.Historizing);
    }
}
