using System.Collections.Frozen;
using System.Globalization;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Reads what a device says of its load profiles. See <c>docs/guide-adapters-modbus.md</c>, "Load profiles".</summary>
internal static class ProfileSettingsReader
{
    /// <summary>Profiles of a device: meters have one for each of a few rhythms.</summary>
    public const int MaxProfiles = 8;

    private static readonly TimeSpan MaxOffset = TimeSpan.FromHours(14);
    private static readonly TimeSpan DefaultPoll = TimeSpan.FromMinutes(1);

    /// <summary>Reads a point that the records of a profile bring; null where it is polled.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static ModbusPoint? TryReadPoint(ModbusConnectionSettings connection, PointConfiguration point)
    {
        if (!point.Mapping.Has("profile")) return null;
        var profile = point.Mapping.Get("profile").Text();
        // The table is the profile's, but as bits go it is one of registers whichever it is.
        var mapping = ModbusSettingsReader.ReadValueMapping(connection, point.Mapping, ModbusTable.Holding, point.Mapping.Get("at").Integer(0, ModbusLimits.MaxReadRegisters - 1));
        point.Mapping.RefuseUnread();
        return new ModbusPoint(point.Number, point.Name, mapping, profile);
    }

    /// <summary>Reads the object <c>profiles</c>.</summary>
    /// <param name="profiles">Null: there are none.</param>
    /// <param name="points">The device's points as configured, in the order of <paramref name="read"/>.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static ProfileSettings[] Read(ModbusConnectionSettings connection, ConfigElement? profiles, IReadOnlyList<PointConfiguration> points, ModbusPoint[] read)
    {
        for (var i = 0; i < read.Length; i++)
        {
            if (read[i].Profile is { } name && (profiles is null || !profiles.Members.ContainsKey(name)))
                throw points[i].Mapping.Get("profile").Wrong($"the device has no profile '{name}'");
        }

        if (profiles is null) return [];
        if (profiles.Members.Count > MaxProfiles) throw profiles.Wrong($"at most {MaxProfiles} profiles are wanted here");
        return [.. profiles.Members.OrderBy(profile => profile.Key, StringComparer.Ordinal).Select(profile => Read(connection, profile.Key, profile.Value, points, read))];
    }

    private static ProfileSettings Read(ModbusConnectionSettings connection, string name, ConfigElement element, IReadOnlyList<PointConfiguration> points, ModbusPoint[] read)
    {
        if (!FleetNames.IsId(name)) throw element.Wrong($"'{name}' is no name: letters, digits, '-', '_', '.' are");
        var table = ReadTable(element) ?? throw element.Wrong("'table' is missing");
        var length = element.Get("length").Integer(1, connection.MaxRegistersPerRead);
        var own = Enumerable.Range(0, read.Length).Where(i => read[i].Profile == name).ToArray();
        if (own.Length == 0) throw element.Wrong("no point of the device has this profile");
        foreach (var i in own)
        {
            if (read[i].Mapping.Address + read[i].Mapping.Length > length) throw points[i].Mapping.Get("at").Wrong($"it ends past the {length} registers of a record");
        }

        var profile = new ProfileSettings
        {
            Name = name,
            Table = table,
            Address = element.Get("address").Integer(0, ModbusLimits.TableSize - 1),
            Length = length,
            Capacity = element.Get("capacity").Integer(1, ProfileSettings.MaxCapacity),
            Interval = element.Get("interval").Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(31)),
            Poll = element.Find("poll")?.Duration(ModbusSettingsReader.MinTime, ModbusSettingsReader.MaxTime) ?? DefaultPoll,
            Count = ReadRegister(connection, element.Get("count"), table),
            Newest = ReadRegister(connection, element.Get("newest"), table),
            First = element.Find("first")?.Integer(0, 1) ?? 0,
            Time = ReadTime(connection, element.Get("time"), length),
            Status = element.Find("status") is { } status ? ReadStatus(status, length) : null,
            Points = [.. own.Select(i => read[i])],
        };
        if (profile.Address + (profile.Capacity * profile.Length) > ModbusLimits.TableSize) throw element.Wrong($"{profile.Capacity} records of {length} registers from {profile.Address} on end past the table");
        element.RefuseUnread();
        return profile;
    }

    private static ModbusTable? ReadTable(ConfigElement element)
    {
        if (element.Find("table") is not { } table) return null;
        return table.OneOf<ModbusTable>() is var read && read is ModbusTable.Holding or ModbusTable.Input ? read : throw table.Wrong("registers are wanted here: holding or input");
    }

    private static RegisterMapping ReadRegister(ModbusConnectionSettings connection, ConfigElement element, ModbusTable table)
    {
        var mapping = ModbusSettingsReader.ReadValueMapping(connection, element, ReadTable(element) ?? table, element.Get("address").Integer(0, ModbusLimits.TableSize - 1));
        if (mapping.Format is RegisterFormat.String or RegisterFormat.Bool) throw element.Wrong("a number is wanted here");
        element.RefuseUnread();
        return mapping;
    }

    private static ProfileTime ReadTime(ModbusConnectionSettings connection, ConfigElement element, int length)
    {
        var offset = element.Find("utcOffset");
        var time = new ProfileTime(
            element.Get("at").Integer(0, length - 1),
            element.Find("format")?.OneOf<ProfileTimeFormat>() ?? ProfileTimeFormat.EpochSeconds,
            element.Find("wordOrder")?.OneOf<RegisterOrder>() ?? connection.WordOrder,
            offset is null ? TimeSpan.Zero : TimeSpan.FromMinutes(offset.Integer(-(int)MaxOffset.TotalMinutes, (int)MaxOffset.TotalMinutes)));
        if (time.At + time.Length > length) throw element.Wrong($"it ends past the {length} registers of a record");
        element.RefuseUnread();
        return time;
    }

    private static ProfileStatus ReadStatus(ConfigElement element, int length)
    {
        var bits = new Dictionary<int, QualityCode>();
        var map = element.Get("bits");
        foreach (var (bit, meaning) in map.Members)
        {
            if (!int.TryParse(bit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 15) throw meaning.Wrong($"'{bit}' is no bit: \"0\" to \"15\" are");
            if (!QualityCode.TryParse(meaning.Text(), out var code)) throw meaning.Wrong("a code such as \"1.4.2\" is wanted here");
            bits[number] = code;
        }

        var status = new ProfileStatus(element.Get("at").Integer(0, length - 1), bits.ToFrozenDictionary());
        element.RefuseUnread();
        return status;
    }
}
