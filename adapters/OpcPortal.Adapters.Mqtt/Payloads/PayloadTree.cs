using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Where a scalar lies in a payload, so that it is found in one walk and becomes a value, without a copy, in whatever form its points want.</summary>
/// <param name="Kind">String, Number, True, False, Null; StartObject or StartArray where there is no scalar; None where the payload has nothing there.</param>
/// <param name="Start">Its first byte; of a string, the one after the quote.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsEscaped">A JSON string with escapes.</param>
internal readonly record struct PayloadScalar(JsonTokenType Kind, int Start, int Length, bool IsEscaped = false)
{
    /// <summary>The bytes as they stand in the payload.</summary>
    public ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> payload) => payload.Slice(Start, Length);

    /// <summary>The text of a string, of a number or of true and false as written.</summary>
    /// <returns>False where it is no UTF-8, or its escapes are no text (half a surrogate pair).</returns>
    public bool TryGetText(ReadOnlySpan<byte> payload, out string text)
    {
        text = "";
        if (!Utf8.IsValid(Bytes(payload))) return false;
        if (!IsEscaped)
        {
            text = Encoding.UTF8.GetString(Bytes(payload));
            return true;
        }

        var reader = new Utf8JsonReader(payload.Slice(Start - 1, Length + 2));
        reader.Read();
        try
        {
            text = reader.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>All the paths that are wanted of one topic's payloads: one walk over a payload finds them all.</summary>
internal sealed class PayloadTree
{
    /// <summary>Nested objects and arrays of a payload: no device sends more than a few, and a deeper one is an attack.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };
    private readonly Node _root = new();

    /// <summary>How many places are wanted.</summary>
    public int Count { get; private set; }

    /// <summary>Wants a place.</summary>
    /// <returns>Its number in what <see cref="Read"/> fills; the same for the same path.</returns>
    public int Add(IEnumerable<string> path)
    {
        var node = _root;
        foreach (var step in path) node = node.Child(step);
        if (node.Slot < 0) node.Slot = Count++;
        return node.Slot;
    }

    /// <summary>Finds the wanted places.</summary>
    /// <param name="payload">One JSON value.</param>
    /// <param name="found"><see cref="Count"/> places; those that the payload has not are left as they are.</param>
    /// <exception cref="JsonException">It is no JSON, or nested too deep.</exception>
    public void Read(ReadOnlySpan<byte> payload, Span<PayloadScalar> found)
    {
        var reader = new Utf8JsonReader(payload, Options);
        if (!reader.Read()) throw new JsonException("There is no value.");
        VisitAll(ref reader, found);
        while (reader.Read()) { }
    }

    /// <summary>Walks the items of an array.</summary>
    /// <param name="array">From its bracket on, in a payload that has been read: what follows the array does not matter. Places count from here.</param>
    public Items ItemsOf(ReadOnlySpan<byte> array) => new(this, array);

    private void VisitAll(ref Utf8JsonReader reader, Span<PayloadScalar> found)
    {
        try
        {
            Visit(ref reader, _root, found);
        }
        catch (InvalidOperationException)
        {
            // A member's name has half of a surrogate pair in an escape: the reader finds that when the name is compared.
            throw new JsonException("A member's name is no text.");
        }
    }

    // As deep as the longest path: what no path leads into is skipped by the reader.
    private static void Visit(ref Utf8JsonReader reader, Node node, Span<PayloadScalar> found)
    {
        if (node.Slot >= 0) found[node.Slot] = Scalar(ref reader);
        if (reader.TokenType == JsonTokenType.StartObject && node.Children.Count > 0) VisitMembers(ref reader, node, found);
        else if (reader.TokenType == JsonTokenType.StartArray && node.Children.Count > 0) VisitItems(ref reader, node, found);
        else reader.Skip();
    }

    private static void VisitMembers(ref Utf8JsonReader reader, Node node, Span<PayloadScalar> found)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            Node? wanted = null;
            foreach (var child in node.Children)
            {
                if (!reader.ValueTextEquals(child.Name)) continue;
                wanted = child;
                break;
            }

            reader.Read();
            if (wanted is null) reader.Skip();
            else Visit(ref reader, wanted, found);
        }
    }

    private static void VisitItems(ref Utf8JsonReader reader, Node node, Span<PayloadScalar> found)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            Node? wanted = null;
            foreach (var child in node.Children)
            {
                if (child.Index != index) continue;
                wanted = child;
                break;
            }

            if (wanted is null) reader.Skip();
            else Visit(ref reader, wanted, found);
        }
    }

    private static PayloadScalar Scalar(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String
        ? new PayloadScalar(JsonTokenType.String, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped)
        : new PayloadScalar(reader.TokenType, (int)reader.TokenStartIndex, reader.ValueSpan.Length);

    /// <summary>The items of an array, one after the other.</summary>
    public ref struct Items
    {
        private readonly PayloadTree _tree;
        private Utf8JsonReader _reader;

        public Items(PayloadTree tree, ReadOnlySpan<byte> array)
        {
            _tree = tree;
            _reader = new Utf8JsonReader(array, Options);
            _reader.Read();
        }

        /// <summary>Finds the wanted places of the next item; those that it has not are None.</summary>
        /// <returns>False at the end.</returns>
        /// <exception cref="JsonException">A member's name is no text.</exception>
        public bool TryRead(Span<PayloadScalar> found)
        {
            if (!_reader.Read() || _reader.TokenType == JsonTokenType.EndArray) return false;
            found.Clear();
            _tree.VisitAll(ref _reader, found);
            return true;
        }
    }

    private sealed class Node
    {
        public byte[] Name { get; private init; } = [];
        public int Index { get; private init; } = -1;
        public int Slot { get; set; } = -1;
        public List<Node> Children { get; } = [];

        public Node Child(string step)
        {
            var name = Encoding.UTF8.GetBytes(step);
            var child = Children.Find(child => child.Name.AsSpan().SequenceEqual(name));
            if (child is null) Children.Add(child = new Node { Name = name, Index = PayloadPath.Index(step) });
            return child;
        }
    }
}
