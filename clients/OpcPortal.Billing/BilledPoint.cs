using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Billing;

/// <summary>A channel and its nodes at a server.</summary>
/// <param name="Node">The point.</param>
/// <param name="Quality">Its Quality.</param>
public sealed record BilledPoint(BillingChannel Channel, NodeId Node, NodeId Quality);
