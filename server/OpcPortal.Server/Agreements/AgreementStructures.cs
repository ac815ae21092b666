using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Makes the values of an agreement's structures; the fields in the order of NodeSet.xml, which a test compares.</summary>
internal sealed class AgreementStructures(AgreementModel model)
{
    public Variant Of(AccessScope scope) => Wrap(new ScopeValue(model.Scope, scope));

    public Variant Of(AccessConditions conditions) => Wrap(new ConditionsValue(model.Conditions, conditions));

    public Variant Of(IReadOnlyList<SignedAct> acts) => new([.. acts.Select(act => new ExtensionObject(new ActValue(model.Act, act)))]);

    public Variant Of(IReadOnlyList<PolicyTotals> totals) => new([.. totals.Select(total => new ExtensionObject(new DifferenceValue(model.Difference, total)))]);

    private static Variant Wrap(IStructure value) => new(new ExtensionObject(value));

    private abstract class Value(StructureIds ids) : IStructure
    {
        public NodeId DataTypeId => ids.DataType;
        public NodeId BinaryEncodingId => ids.Encoding;

        public abstract void Encode(ref BinaryEncoder encoder);

        protected static double Milliseconds(TimeSpan duration) => duration.TotalMilliseconds;

        protected static void Write(ref BinaryEncoder encoder, IReadOnlyList<string> list)
        {
            encoder.WriteInt32(list.Count);
            foreach (var entry in list) encoder.WriteString(entry);
        }
    }

    private sealed class ScopeValue(StructureIds ids, AccessScope scope) : Value(ids)
    {
        public override void Encode(ref BinaryEncoder encoder)
        {
            Write(ref encoder, scope.Customers);
            Write(ref encoder, scope.CustomerClasses);
            Write(ref encoder, scope.Portals);
            Write(ref encoder, scope.DeviceTypes);
            Write(ref encoder, scope.DataClasses);
            Write(ref encoder, scope.FunctionGroups);
            Write(ref encoder, scope.Points);
        }
    }

    private sealed class ConditionsValue(StructureIds ids, AccessConditions conditions) : Value(ids)
    {
        public override void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteInt32((int)conditions.MinimumQuality);
            encoder.WriteDouble(conditions.HistoryDepth is { } depth ? Milliseconds(depth) : 0);
            encoder.WriteInt32(conditions.Windows.Count);
            foreach (var window in conditions.Windows)
            {
                encoder.WriteByte(window.Days);
                encoder.WriteDouble(Milliseconds(window.From));
                encoder.WriteDouble(Milliseconds(window.Until));
            }

            encoder.WriteUInt32((uint)(conditions.Floor?.MinCustomers ?? 0));
            encoder.WriteDouble(conditions.Floor?.MaxShare ?? 0);
        }
    }

    private sealed class ActValue(StructureIds ids, SignedAct act) : Value(ids)
    {
        public override void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteInt32((int)act.Act);
            encoder.WriteString(act.Party);
            encoder.WriteString(act.Signer);
            encoder.WriteDateTime(act.At);
            encoder.WriteString(act.Nonce);
            encoder.WriteString(act.Reason);
            encoder.WriteByteString(new ByteString(Convert.FromBase64String(act.Certificate)));
            encoder.WriteByteString(new ByteString(Convert.FromBase64String(act.Signature)));
        }
    }

    private sealed class DifferenceValue(StructureIds ids, PolicyTotals totals) : Value(ids)
    {
        public override void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteString(totals.Entity);
            encoder.WriteInt64(totals.Gained);
            encoder.WriteInt64(totals.Lost);
            encoder.WriteInt64(totals.Widened);
            encoder.WriteInt64(totals.Narrowed);
        }
    }
}
