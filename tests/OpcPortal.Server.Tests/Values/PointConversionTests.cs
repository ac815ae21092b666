using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>What a device says against what the point's DataType can hold: never a wrong number.</summary>
public sealed class PointConversionTests
{
    public static TheoryData<BuiltInType, PointValue, Variant, uint> Readings => new()
    {
        { BuiltInType.Double, PointValue.From(3L), new Variant(3.0), StatusCodes.Good },
        { BuiltInType.Float, PointValue.From(0.5), new Variant(0.5f), StatusCodes.Good },
        { BuiltInType.Double, PointValue.From("3"), default, StatusCodes.BadConfigurationError },
        { BuiltInType.UInt32, PointValue.From(7.4), new Variant(7u), StatusCodes.Good },
        { BuiltInType.UInt32, PointValue.From(-1L), default, StatusCodes.BadOutOfRange },
        { BuiltInType.UInt64, PointValue.From(ulong.MaxValue), new Variant(ulong.MaxValue), StatusCodes.Good },
        { BuiltInType.Int64, PointValue.From(ulong.MaxValue), default, StatusCodes.BadOutOfRange },
        { BuiltInType.Int32, PointValue.From(double.NaN), default, StatusCodes.BadOutOfRange },
        { BuiltInType.Int16, PointValue.From(1e300), default, StatusCodes.BadOutOfRange },
        { BuiltInType.Boolean, PointValue.From(1L), new Variant(true), StatusCodes.Good },
        { BuiltInType.Boolean, PointValue.From(2L), default, StatusCodes.BadConfigurationError },
        { BuiltInType.String, PointValue.From(12L), new Variant("12"), StatusCodes.Good },
        { BuiltInType.Double, PointValue.None, default, StatusCodes.BadNoData },
        { BuiltInType.Variant, PointValue.From(true), new Variant(true), StatusCodes.Good },
    };

    [Theory]
    [MemberData(nameof(Readings))]
    public void A_reading_becomes_a_value_of_the_DataType_or_says_why_not(BuiltInType type, PointValue given, Variant expected, uint status)
    {
        var value = new PointConversion(type, null, 0).ToDataValue(new StoredReading(given, default, default, ReadingStatus.Good, default));
        Assert.Equal(status, value.StatusCode.Code);
        if (value.StatusCode.IsGood) Assert.Equal(expected, value.Value);
    }

    [Fact]
    public void A_bad_reading_has_its_status_and_no_value()
    {
        var value = new PointConversion(BuiltInType.Double, null, 0).ToDataValue(new StoredReading(PointValue.From(1.0), default, default, ReadingStatus.BadSensorFailure, default));
        Assert.Equal(StatusCodes.BadSensorFailure, value.StatusCode.Code);
        Assert.True(value.Value.IsNull);
    }

    [Theory]
    [InlineData(5.0, StatusCodes.Good)]
    [InlineData(35.0, StatusCodes.Good)]
    [InlineData(35.1, StatusCodes.BadOutOfRange)]
    [InlineData(4.9, StatusCodes.BadOutOfRange)]
    [InlineData(double.NaN, StatusCodes.BadOutOfRange)]
    public void A_set_point_outside_its_range_is_refused(double written, uint expected) =>
        Assert.Equal(expected, new PointConversion(BuiltInType.Double, new OpcPortal.Ua.Range { Low = 5, High = 35 }, 0).TryCommand(written, out _).Code);

    [Theory]
    [InlineData(3u, StatusCodes.Good)]
    [InlineData(4u, StatusCodes.BadOutOfRange)]
    public void A_state_that_has_no_name_is_refused(uint written, uint expected) =>
        // Part 8 5.3.3.3: values of a MultiStateDiscreteType are indexes of EnumStrings.
        Assert.Equal(expected, new PointConversion(BuiltInType.UInt32, null, states: 4).TryCommand(written, out _).Code);
}
