namespace OpcPortal.Ua.Server;

/// <summary>
/// A pattern of the Like operator: % any text, _ any character, [abc] and [a-c] one of these, [^abc] none of these, \ takes the next as it is. Case
/// matters. Part 4 7.7.3 (wildcard characters). Matching goes back to the last % alone: its cost is at most pattern times text, whatever the pattern.
/// </summary>
internal sealed class LikePattern
{
    /// <summary>Characters of a pattern: no one writes longer ones by hand, and each event is held against the pattern of each item.</summary>
    public const int MaxLength = 256;

    private readonly Token[] _tokens;

    private LikePattern(Token[] tokens) => _tokens = tokens;

    /// <returns>False where a list is not closed, a range runs backwards, nothing follows a \ or the pattern is too long.</returns>
    public static bool TryParse(string text, out LikePattern pattern)
    {
        pattern = null!;
        if (text.Length > MaxLength) return false;
        var tokens = new List<Token>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '%':
                    // Several in a row mean no more than one.
                    if (tokens.Count == 0 || tokens[^1].Kind != Kind.Any) tokens.Add(new Token(Kind.Any));
                    break;
                case '_':
                    tokens.Add(new Token(Kind.One));
                    break;
                case '[':
                    if (!TryReadList(text, ref i, out var list)) return false;
                    tokens.Add(list);
                    break;
                case '\\':
                    if (++i == text.Length) return false;
                    tokens.Add(new Token(Kind.Exactly, text[i]));
                    break;
                default:
                    tokens.Add(new Token(Kind.Exactly, text[i]));
                    break;
            }
        }

        pattern = new LikePattern([.. tokens]);
        return true;
    }

    public bool Matches(ReadOnlySpan<char> text)
    {
        var (token, at) = (0, 0);
        var (lastAny, resume) = (-1, 0);
        while (at < text.Length)
        {
            if (token < _tokens.Length && _tokens[token].Kind == Kind.Any)
            {
                (lastAny, resume) = (token++, at);
            }
            else if (token < _tokens.Length && _tokens[token].Takes(text[at..]) is > 0 and var taken)
            {
                at += taken;
                token++;
            }
            else if (lastAny >= 0)
            {
                // The last % takes one more.
                token = lastAny + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (token < _tokens.Length && _tokens[token].Kind == Kind.Any) token++;
        return token == _tokens.Length;
    }

    private static bool TryReadList(string text, ref int i, out Token list)
    {
        list = default;
        var ranges = new List<(char Low, char High)>();
        var isNegated = i + 1 < text.Length && text[i + 1] == '^';
        i += isNegated ? 2 : 1;
        for (; i < text.Length && text[i] != ']'; i++)
        {
            if (text[i] == '\\' && ++i == text.Length) return false;
            var low = text[i];
            var high = low;
            if (i + 2 < text.Length && text[i + 1] == '-' && text[i + 2] != ']')
            {
                high = text[i + 2];
                i += 2;
            }

            if (high < low) return false;
            ranges.Add((low, high));
        }

        if (i >= text.Length || ranges.Count == 0) return false;
        list = new Token(isNegated ? Kind.NoneOf : Kind.OneOf, Ranges: [.. ranges]);
        return true;
    }

    private enum Kind : byte
    {
        Exactly,
        Any,
        One,
        OneOf,
        NoneOf,
    }

    private readonly record struct Token(Kind Kind, char Character = '\0', (char Low, char High)[]? Ranges = null)
    {
        /// <summary>How many UTF-16 units of the text's beginning the token takes; 0 where it does not match.</summary>
        public int Takes(ReadOnlySpan<char> text) => Kind switch
        {
            Kind.Exactly => text[0] == Character ? 1 : 0,
            Kind.One => LengthOfFirst(text),
            Kind.OneOf => IsListed(text[0]) ? 1 : 0,
            _ => IsListed(text[0]) ? 0 : LengthOfFirst(text),
        };

        private bool IsListed(char character)
        {
            foreach (var (low, high) in Ranges!)
                if (character >= low && character <= high) return true;
            return false;
        }

        private static int LengthOfFirst(ReadOnlySpan<char> text) => text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : 1;
    }
}
