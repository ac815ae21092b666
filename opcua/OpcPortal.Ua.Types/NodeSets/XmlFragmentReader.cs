using System.Xml;
using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Where an element began in its file.</summary>
internal sealed record XmlPosition(int Line, int Column);

/// <summary>
/// Walks an XML document without DTD or external parts, and gives elements one at a time as trees that know their position.
/// Every bound is checked while reading, before the tree grows.
/// </summary>
internal sealed class XmlFragmentReader : IDisposable
{
    // No element of UANodeSet.xsd has as many as 20; namespace declarations come on top.
    private const int MaxAttributes = 64;

    private readonly XmlReader _reader;
    private readonly NodeSetLimits _limits;
    private readonly string _source;

    public XmlFragmentReader(Stream stream, string source, NodeSetLimits limits)
    {
        _limits = limits;
        _source = source;
        // No DTD at all: neither entities that grow (billion laughs) nor ones that fetch files.
        _reader = XmlReader.Create(stream, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = limits.MaxCharacters,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            CloseInput = false,
        });
    }

    public XName Name => XName.Get(_reader.LocalName, _reader.NamespaceURI);

    public void Dispose() => _reader.Dispose();

    public NodeSetException Error(string reason)
    {
        var info = (IXmlLineInfo)_reader;
        return new NodeSetException(_source, info.LineNumber, info.LinePosition, reason);
    }

    public NodeSetException Error(XObject at, string reason, Exception? inner = null)
    {
        var position = (at as XElement ?? at.Parent)?.Annotation<XmlPosition>();
        return new NodeSetException(_source, position?.Line ?? 0, position?.Column ?? 0, reason, inner);
    }

    // A text begins behind the element before it, mostly a line above what is seen of it.
    private NodeSetException StrayText(string text)
    {
        var info = (IXmlLineInfo)_reader;
        var leading = text.AsSpan(0, text.Length - text.AsSpan().TrimStart().Length);
        var lines = leading.Count('\n');
        var column = lines == 0 ? info.LinePosition + leading.Length : leading.Length - leading.LastIndexOf('\n');
        return new NodeSetException(_source, info.LineNumber + lines, column, "Text stands where an element should.");
    }

    /// <summary>Goes to the document's root element.</summary>
    public void MoveToRoot() => Guarded(() =>
    {
        if (_reader.MoveToContent() != XmlNodeType.Element) throw Error("The document has no element.");
        return true;
    });

    /// <summary>Goes into the current element, then to the next child element on each call; false at its end.</summary>
    public bool MoveToChild(int depth) => Guarded(() =>
    {
        if (_reader.Depth == depth - 1)
        {
            if (_reader.NodeType == XmlNodeType.EndElement || _reader.IsEmptyElement) return false;
            _reader.Read();
        }

        while (_reader.NodeType is not (XmlNodeType.Element or XmlNodeType.EndElement))
        {
            if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && !string.IsNullOrWhiteSpace(_reader.Value)) throw StrayText(_reader.Value);
            if (!_reader.Read()) throw Error("The document ends too early.");
        }

        return _reader.NodeType == XmlNodeType.Element;
    });

    /// <summary>Moves behind an element whose children are all read.</summary>
    public void Leave() => Guarded(_reader.Read);

    /// <summary>Passes over the current element with all it holds.</summary>
    public void Skip() => Guarded(() =>
    {
        var depth = _reader.Depth;
        if (!_reader.IsEmptyElement)
            while (_reader.Read() && !(_reader.NodeType == XmlNodeType.EndElement && _reader.Depth == depth)) CheckDepth();
        return _reader.Read();
    });

    /// <summary>Reads to the end of the document, which must hold nothing more.</summary>
    public void FinishDocument() => Guarded(() =>
    {
        while (_reader.Read())
        {
        }

        return true;
    });

    /// <summary>Reads the current element as a tree and moves behind it.</summary>
    public XElement ReadTree() => Guarded(() =>
    {
        var root = StartElement();
        var current = root;
        var isOpen = !_reader.IsEmptyElement;
        var count = 1;
        while (isOpen)
        {
            if (!_reader.Read()) throw Error("The document ends too early.");
            switch (_reader.NodeType)
            {
                case XmlNodeType.Element:
                    CheckDepth();
                    if (++count > _limits.MaxElementsPerNode) throw Error($"A node has more than {_limits.MaxElementsPerNode} elements.");
                    var child = StartElement();
                    current.Add(child);
                    if (!_reader.IsEmptyElement) current = child;
                    break;
                case XmlNodeType.EndElement:
                    isOpen = current != root;
                    if (isOpen) current = current.Parent!;
                    break;
                case XmlNodeType.Whitespace when current.HasElements:
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    CheckLength(_reader.Value.Length);
                    current.Add(new XText(_reader.Value));
                    break;
            }
        }

        _reader.Read();
        return root;
    });

    private XElement StartElement()
    {
        var info = (IXmlLineInfo)_reader;
        var element = new XElement(Name);
        element.AddAnnotation(new XmlPosition(info.LineNumber, info.LinePosition));
        if (_reader.AttributeCount > MaxAttributes) throw Error($"An element has more than {MaxAttributes} attributes.");
        while (_reader.MoveToNextAttribute())
        {
            CheckLength(_reader.Value.Length);
            // The reader reports the default declaration "xmlns" in the namespace of declarations; a tree wants it in none.
            var isDefaultDeclaration = _reader is { LocalName: "xmlns", Prefix: "" };
            element.Add(new XAttribute(isDefaultDeclaration ? "xmlns" : Name, _reader.Value));
        }

        _reader.MoveToElement();
        return element;
    }

    private void CheckDepth()
    {
        if (_reader.Depth > _limits.MaxDepth) throw Error($"Elements are nested deeper than {_limits.MaxDepth}.");
    }

    private void CheckLength(int length)
    {
        if (length > _limits.MaxTextLength) throw Error($"A text of {length} characters exceeds the limit of {_limits.MaxTextLength}.");
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (XmlException e)
        {
            // Where the document has not begun, or is a DTD, the exception has no line but the reader may.
            var info = (IXmlLineInfo)_reader;
            var hasLine = e.LineNumber > 0;
            throw new NodeSetException(
                _source, hasLine ? e.LineNumber : Math.Max(1, info.LineNumber), hasLine ? e.LinePosition : Math.Max(1, info.LinePosition), e.Message, e);
        }
    }
}
