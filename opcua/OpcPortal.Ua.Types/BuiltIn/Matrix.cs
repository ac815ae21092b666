namespace OpcPortal.Ua;

/// <summary>An array of two or more dimensions, elements in row-major order. Part 6 5.2.2.16.</summary>
public sealed class Matrix
{
    /// <exception cref="ArgumentException">The product of the dimensions is not the number of elements.</exception>
    public Matrix(Array elements, int[] dimensions)
    {
        ArgumentNullException.ThrowIfNull(elements);
        ArgumentNullException.ThrowIfNull(dimensions);
        if (dimensions.Length < 2 || !IsProduct(dimensions, elements.Length))
            throw new ArgumentException($"Dimensions {string.Join('x', dimensions)} do not hold {elements.Length} elements.", nameof(dimensions));
        Elements = elements;
        Dimensions = dimensions;
    }

    /// <summary>A one-dimensional array of the element type.</summary>
    public Array Elements { get; }

    public int[] Dimensions { get; }

    /// <summary>Whether no dimension is negative and their product, without overflow, is <paramref name="length"/>.</summary>
    public static bool IsProduct(ReadOnlySpan<int> dimensions, int length)
    {
        long product = 1;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0) return false;
            product *= dimension;
            // Once above any array length only a later 0 could bring it back, and 0 elements never need such dimensions.
            if (product > int.MaxValue) return false;
        }

        return product == length;
    }
}
