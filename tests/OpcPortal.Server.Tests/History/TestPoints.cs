namespace OpcPortal.Server.Tests;

/// <summary>Points of a fleet that a test needs no more of than their names: those from 900 on are communication, others energy.</summary>
internal sealed class TestPoints(int count = 1000) : IPointNames
{
    public const int FirstOfCommunication = 900;

    public bool TryName(int point, out PointName name)
    {
        name = new PointName($"oak-{point / 10}/meter/P{point % 10}", point < FirstOfCommunication ? (byte)1 : (byte)5);
        return point >= 0 && point < count;
    }
}
