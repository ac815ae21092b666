using System.Text;

namespace OpcPortal.Ua.Client;

/// <summary>A value of a structure that no code was generated for: fields by name, as the server's definition of the DataType says.</summary>
public sealed class StructureValue : IStructure
{
    internal StructureValue(StructureLayout layout, Variant[] values, bool[] present)
    {
        Layout = layout;
        Values = values;
        Present = present;
    }

    /// <summary>A value whose fields are null, zero or empty; optional fields are missing.</summary>
    public StructureValue(StructureLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Layout = layout;
        Values = new Variant[layout.Fields.Count];
        Present = [.. layout.Fields.Select(f => !layout.IsUnion && !layout.IsOptional(f))];
    }

    /// <summary>The definition of its DataType.</summary>
    public StructureLayout Layout { get; }

    /// <inheritdoc/>
    public NodeId DataTypeId => Layout.DataTypeId;

    /// <inheritdoc/>
    public NodeId BinaryEncodingId => Layout.BinaryEncodingId;

    internal Variant[] Values { get; }
    internal bool[] Present { get; }

    /// <summary>A field; null where it is missing. Setting the field of a union clears the one before. A nested structure is an ExtensionObject.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field.</exception>
    public Variant this[string field]
    {
        get => Values[IndexOf(field)];
        set
        {
            var index = IndexOf(field);
            if (Layout.IsUnion)
            {
                Array.Clear(Present);
                Array.Clear(Values);
            }

            Values[index] = value;
            Present[index] = true;
        }
    }

    /// <summary>Whether a field is there: not a missing optional one, nor one that a union does not hold.</summary>
    public bool Has(string field) => Present[IndexOf(field)];

    /// <summary>The fields that are there, in their order.</summary>
    public IEnumerable<(StructureLayoutField Field, Variant Value)> Fields
    {
        get
        {
            for (var i = 0; i < Values.Length; i++)
                if (Present[i]) yield return (Layout.Fields[i], Values[i]);
        }
    }

    /// <inheritdoc/>
    public void Encode(ref BinaryEncoder encoder) => Layout.Encode(ref encoder, this);

    private int IndexOf(string field) => Layout.IndexOf(field) is >= 0 and var index ? index : throw new KeyNotFoundException($"{Layout.Name} has no field {field}.");

    /// <summary><c>{ Name = value, ... }</c></summary>
    public override string ToString()
    {
        var text = new StringBuilder("{ ");
        foreach (var (field, value) in Fields)
        {
            if (text.Length > 2) text.Append(", ");
            text.Append(field.Name).Append(" = ").Append(value.AsStructure<StructureValue>()?.ToString() ?? value.ToString());
        }

        return text.Append(" }").ToString();
    }
}
