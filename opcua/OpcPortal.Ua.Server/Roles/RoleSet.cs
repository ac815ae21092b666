using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>A role of the server.</summary>
/// <param name="Id">Its object below RoleSet.</param>
/// <param name="Number">Its number in the <see cref="RoleTable"/>.</param>
/// <param name="IsAdded">Made by a client, and so it may go; else the standard's or a model's.</param>
public sealed record Role(NodeId Id, int Number, string NamespaceUri, string Name, bool IsAdded)
{
    /// <summary>Part 18 4.3: these three are given by what a session is, and cannot be changed.</summary>
    public bool IsFixed => Number is RoleTable.Anonymous or RoleTable.AuthenticatedUser or RoleTable.TrustedApplication;
}

/// <summary>
/// All roles: who has which, and how that changes while the server runs. A change is checked, approved and stored before it takes effect; then sessions and subscriptions are asked anew
/// at once. One change at a time. Part 18 4.
/// </summary>
public sealed class RoleSet
{
    /// <summary>Rules of one role: more people than ever administer a server by hand.</summary>
    public const int MaxIdentities = 1_000;

    /// <summary>Applications that a role names.</summary>
    public const int MaxApplications = 1_000;

    /// <summary>Endpoints that a role names: a server has some ten.</summary>
    public const int MaxEndpoints = 100;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ServerModel _model;
    private readonly IdentityMappings _mappings;
    private readonly IRoleStore _store;
    private readonly IRoleChangeApproval _approval;
    private readonly Action _changed;
    private readonly HashSet<NodeId> _stored = [];
    private IReadOnlyList<Role> _roles;

    /// <param name="model">With the roles of the standard and of models below its RoleSet.</param>
    /// <param name="mappings">The rules as configured; from here on they change by this alone.</param>
    /// <param name="changed">Asks sessions and subscriptions anew.</param>
    /// <exception cref="InvalidOperationException">Models and store have more roles than there can be.</exception>
    internal RoleSet(ServerModel model, IdentityMappings mappings, IRoleStore store, IRoleChangeApproval approval, Action changed)
    {
        _model = model;
        _mappings = mappings;
        _store = store;
        _approval = approval;
        _changed = changed;
        _roles = [.. RoleModels.Find(model, mappings)];
        foreach (var stored in store.Load()) Restore(stored);
    }

    public IReadOnlyList<Role> Roles => Volatile.Read(ref _roles);

    /// <summary>Told of each role that came, changed or went, after it took effect; set before the first change.</summary>
    internal Action<Role, RoleChangeKind>? Observer { get; set; }

    public bool TryGet(NodeId id, [NotNullWhen(true)] out Role? role)
    {
        role = Roles.FirstOrDefault(r => r.Id == id);
        return role is not null;
    }

    public RoleConfiguration ConfigurationOf(Role role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return _mappings.ConfigurationOf(role.Number);
    }

    /// <summary>Makes a role that nobody has yet. Part 18 4.2.2.</summary>
    /// <param name="namespaceUri">Null or empty: the server's own.</param>
    /// <returns>Good with the role's id; BadInvalidArgument, BadAlreadyExists, BadNotSupported, BadResourceUnavailable, BadRequestNotAllowed, BadRequestNotComplete.</returns>
    public async ValueTask<(StatusCode Status, NodeId RoleId)> AddRoleAsync(AccessContext who, string? name, string? namespaceUri, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(namespaceUri)) namespaceUri = _model.Namespaces[1];
        if (!RoleRules.IsValidName(name) || !_model.Namespaces.TryGetIndex(namespaceUri, out var index)) return (StatusCodes.BadInvalidArgument, default);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (Find(namespaceUri, name!) is not null) return (StatusCodes.BadAlreadyExists, default);
            // What namespace 0 names and this server does not have, it does not support; other names are not there to be given.
            if (index == 0) return (RoleModels.IsWellKnown(name!) ? StatusCodes.BadNotSupported : StatusCodes.BadInvalidArgument, default);
            var status = await AskAsync(who, RoleChangeKind.AddRole, namespaceUri, name!, null, cancellation).ConfigureAwait(false);
            if (status.IsBad) return (status, default);
            var id = RoleModels.IdOf(_model.Namespaces, namespaceUri, name!);
            if (!_model.Roles.TryAdd(id, out var number)) return (StatusCodes.BadResourceUnavailable, default);
            await CommitAsync(new Role(id, number, namespaceUri, name!, IsAdded: true), RoleConfiguration.Nobody, RoleChangeKind.AddRole, cancellation).ConfigureAwait(false);
            return (StatusCodes.Good, id);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes away a role that a client made, and all that it was allowed. Part 18 4.2.3.</summary>
    /// <returns>Good; BadNodeIdUnknown; BadRequestNotAllowed for roles of the standard and of models; BadRequestNotComplete.</returns>
    public async ValueTask<StatusCode> RemoveRoleAsync(AccessContext who, NodeId id, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!TryGet(id, out var role)) return StatusCodes.BadNodeIdUnknown;
            if (!role.IsAdded) return StatusCodes.BadRequestNotAllowed;
            var status = await AskAsync(who, RoleChangeKind.RemoveRole, role.NamespaceUri, role.Name, null, cancellation).ConfigureAwait(false);
            if (status.IsBad) return status;
            await _store.SaveAsync([.. Snapshot().Where(stored => stored.NamespaceUri != role.NamespaceUri || stored.Name != role.Name)], cancellation).ConfigureAwait(false);
            Forget(role);
            return StatusCodes.Good;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Changes who has a role.</summary>
    /// <param name="kind">What is done.</param>
    /// <param name="subject">What it is done with, for who approves.</param>
    /// <param name="change">The new configuration of the present one, or why not.</param>
    /// <returns>Good; BadNodeIdUnknown; BadRequestNotAllowed; BadRequestNotComplete; what <paramref name="change"/> says.</returns>
    internal async ValueTask<StatusCode> ChangeAsync(
        AccessContext who, NodeId id, RoleChangeKind kind, string subject, Func<RoleConfiguration, (StatusCode Status, RoleConfiguration? Changed)> change, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!TryGet(id, out var role)) return StatusCodes.BadNodeIdUnknown;
            if (role.IsFixed) return StatusCodes.BadRequestNotAllowed;
            var now = ConfigurationOf(role);
            var (status, changed) = change(now);
            if (status.IsBad || changed is null) return status;
            if (role.Number == RoleTable.SecurityAdmin && LocksOut(who, now, changed)) return StatusCodes.BadRequestNotAllowed;
            status = await AskAsync(who, kind, role.NamespaceUri, role.Name, subject, cancellation).ConfigureAwait(false);
            if (status.IsGood) await CommitAsync(role, changed, kind, cancellation).ConfigureAwait(false);
            return status;
        }
        finally
        {
            _gate.Release();
        }
    }

    // Only this role gives roles: without a rule nobody would have it, and whoever bars the own application or endpoint could not take that back. Part 18 4.4.5: a restriction of this server's.
    private static bool LocksOut(AccessContext who, RoleConfiguration now, RoleConfiguration changed) =>
        (now.Identities.Count > 0 && changed.Identities.Count == 0) || (IdentityMappings.Permits(now, who) && !IdentityMappings.Permits(changed, who));

    private async ValueTask<StatusCode> AskAsync(AccessContext who, RoleChangeKind kind, string namespaceUri, string role, string? subject, CancellationToken cancellation) =>
        await _approval.AskAsync(who, new RoleChange(kind, namespaceUri, role, subject), cancellation).ConfigureAwait(false) switch
        {
            RoleChangeVerdict.Allowed => StatusCodes.Good,
            RoleChangeVerdict.AwaitsSecond => StatusCodes.BadRequestNotComplete,
            _ => StatusCodes.BadRequestNotAllowed,
        };

    // Stored before it takes effect: what a client was told survives a crash.
    private async ValueTask CommitAsync(Role role, RoleConfiguration configuration, RoleChangeKind kind, CancellationToken cancellation)
    {
        var stored = new StoredRole(role.NamespaceUri, role.Name, role.IsAdded, configuration);
        try
        {
            await _store.SaveAsync([.. Snapshot().Where(s => s.NamespaceUri != role.NamespaceUri || s.Name != role.Name), stored], cancellation).ConfigureAwait(false);
        }
        catch when (kind == RoleChangeKind.AddRole)
        {
            _model.Roles.Remove(role.Number);
            throw;
        }

        _stored.Add(role.Id);
        _mappings.Set(role.Number, configuration);
        if (kind == RoleChangeKind.AddRole) Volatile.Write(ref _roles, [.. _roles, role]);
        Observer?.Invoke(role, kind);
        _changed();
    }

    private void Forget(Role role)
    {
        _stored.Remove(role.Id);
        Volatile.Write(ref _roles, [.. _roles.Where(r => r.Id != role.Id)]);
        _mappings.Set(role.Number, RoleConfiguration.Nobody);
        _model.Policy.ForgetRole(role.Number);
        _model.Nodes.ForgetRole(role.Number);
        Observer?.Invoke(role, RoleChangeKind.RemoveRole);
        _changed();
        // Nobody has it any more: the number can be another's.
        _model.Roles.Remove(role.Number);
    }

    private IEnumerable<StoredRole> Snapshot() => _roles.Where(r => _stored.Contains(r.Id)).Select(r => new StoredRole(r.NamespaceUri, r.Name, r.IsAdded, ConfigurationOf(r)));

    private Role? Find(string namespaceUri, string name) => _roles.FirstOrDefault(r => r.Name == name && r.NamespaceUri == namespaceUri);

    private void Restore(StoredRole stored)
    {
        var role = Find(stored.NamespaceUri, stored.Name);
        if (role is null && stored.IsAdded)
        {
            _model.Namespaces.GetOrAdd(stored.NamespaceUri);
            var id = RoleModels.IdOf(_model.Namespaces, stored.NamespaceUri, stored.Name);
            role = new Role(id, _model.Roles.IndexOf(id), stored.NamespaceUri, stored.Name, IsAdded: true);
            _roles = [.. _roles, role];
        }

        // A role whose model is no longer loaded: what was stored of it waits in the store until something else is changed.
        if (role is null || role.IsFixed) return;
        _stored.Add(role.Id);
        _mappings.Set(role.Number, stored.Configuration);
    }
}
