using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Loads models and adapters' files that an operator has put into their folders, while the server runs: a start would load the same. It wants no approval as a change of policy does: a model brings
/// types, a file devices, and who may see or command them the rules and agreements in force say before they are seen. And two have a hand in it: whoever may write into the folder, and the
/// System Manager.
/// </summary>
internal sealed class AddedFiles : IDisposable
{
    // Reasons travel in a response: the first few say where to look.
    private const int MaxReasons = 5;

    private readonly PortalServerOptions _options;
    private readonly IReadOnlyList<IAdapterFactory> _protocols;
    private readonly PortalServer _server;
    private readonly PortalDirectory _directory;
    private readonly AdapterHost _adapters;

    // One at a time, as the fleet wants it.
    private readonly SemaphoreSlim _loading = new(1);

    public AddedFiles(PortalServerOptions options, IReadOnlyList<IAdapterFactory> protocols, PortalServer server, PortalDirectory directory, AdapterHost adapters)
    {
        _options = options;
        _protocols = protocols;
        _server = server;
        _directory = directory;
        _adapters = adapters;
    }

    /// <summary>Loads a NodeSet2 file of the folder of models: clients and files of adapters find its types when this completes.</summary>
    /// <exception cref="AdministrationException">It is refused, whole: file, line and reason.</exception>
    public Task LoadModelAsync(Manager manager, string fileName, CancellationToken cancellation) => OneAtATimeAsync(manager, async () =>
    {
        var model = ModelLoader.Read(PathOf(_options.ModelFolder, fileName, ".xml"), _server.Ua.Model);
        var fleet = _server.Space.Fleet;
        if (fleet.Names.TryFindClash(model, out var name)) throw Wrong($"{fileName}:1: another model has a type '{name}' already: neither could be named");
        await _directory.ReserveAsync([.. model.Models.Select(brought => brought.ModelUri)], () => _server.Ua.AddModel(model), cancellation).ConfigureAwait(false);
        fleet.TakeTypes();
        _server.Agreements?.TakeTypes();
        // Rules that name a type name its subtypes too: before a device of them comes.
        await PutInForceAsync().ConfigureAwait(false);
    }, cancellation);

    /// <summary>Loads a file of the folder of adapters: its devices are there, and read, when this completes.</summary>
    /// <exception cref="AdministrationException">It is refused, whole: file, line and reason.</exception>
    public Task LoadAdapterFileAsync(Manager manager, string fileName, CancellationToken cancellation) => OneAtATimeAsync(manager, async () =>
    {
        var path = PathOf(_options.AdapterFolder, fileName, ".json");
        // First with numbers of its own, and an adapter that never runs: the registry gives numbers to what has passed every check, and takes none back.
        var (trial, factory) = Read(path, new SequentialFleetNumbers());
        await _adapters.CheckAsync(trial, factory).ConfigureAwait(false);
        (var configuration, factory) = Read(path, _server.Space.Registry);
        _adapters.Add(configuration, factory);
        var coming = _server.Space.Fleet.Place(configuration);
        // A rule that names the portal, a stewardship, a flag of its premises: all hold before anybody sees it.
        await PutInForceAsync().ConfigureAwait(false);
        _server.Space.Fleet.Open(coming);
        foreach (var device in configuration.Devices) _server.Health.Report(device.Number, CommunicationState.Unknown, null);
        _adapters.Start();
        // What was decided of the portal as it was before is decided anew.
        await PutInForceAsync().ConfigureAwait(false);
        Tell(coming);
    }, cancellation);

    // At a start the good devices of a file run; here somebody waits who can mend it.
    private (AdapterConfiguration Configuration, IAdapterFactory Factory) Read(string path, IFleetNumbers numbers)
    {
        var refused = new List<ConfigurationException>();
        var reader = new AdapterConfigurationReader(numbers, _protocols, _server.Space.Fleet.CheckComing);
        var configuration = AdapterFolder.ReadFile(path, reader, refused);
        return configuration is null || refused.Count > 0 ? throw Wrong(ReasonsOf(refused)) : (configuration, reader.FactoryOf(configuration));
    }

    private Task PutInForceAsync()
    {
        _server.Governance!.Recompile();
        return _server.Governance.CurrentAsync();
    }

    private void Tell(ComingPortal coming)
    {
        var references = _server.Space.References;
        _server.Space.Versions.Raise(coming.Portal);
        Report(FleetKey.OfPortal(coming.Portal), coming.Layout);
        foreach (var (device, layout) in coming.Devices) Report(FleetKey.OfDevice(device), layout);

        void Report(FleetKey key, TypeLayout layout) => _server.Ua.ModelChanges.Report(references.RootId(key), [new ModelChange(references.RootId(key), layout.Slots[0].TypeDefinition, ModelChangeVerbs.NodeAdded)]);
    }

    private async Task OneAtATimeAsync(Manager manager, Func<Task> load, CancellationToken cancellation)
    {
        if (manager.Power != ManagerPower.System) throw new AdministrationException(StatusCodes.BadUserAccessDenied, "The System Manager loads models and adapters.");
        await _loading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await load().ConfigureAwait(false);
        }
        catch (NodeSetException wrong)
        {
            throw Wrong($"{Path.GetFileName(wrong.SourceName)}:{Math.Max(1, wrong.Line)}: {wrong.Reason}");
        }
        catch (ConfigurationException wrong)
        {
            throw Wrong(ReasonsOf([wrong]));
        }
        catch (DirectoryException taken)
        {
            throw Wrong(taken.Message);
        }
        finally
        {
            _loading.Release();
        }
    }

    // Attack class 22: a name, never a way to somewhere else.
    private static string PathOf(string? folder, string fileName, string ending)
    {
        if (folder is null) throw new AdministrationException(StatusCodes.BadNotSupported, "The server has no folder for such files.");
        if (fileName.Length is 0 or > 255 || fileName[0] == '.' || fileName.AsSpan().ContainsAny(ForbiddenInNames) || !fileName.EndsWith(ending, StringComparison.Ordinal))
            throw Wrong($"The name of a file is wanted that ends with {ending}, without any path.");
        var path = Path.Combine(folder, fileName);
        return File.Exists(path) ? path : throw new AdministrationException(StatusCodes.BadNotFound, $"{fileName}:1: there is no such file in the folder");
    }

    private static readonly System.Buffers.SearchValues<char> ForbiddenInNames = System.Buffers.SearchValues.Create([.. "/\\:", .. Enumerable.Range(0, ' ').Select(code => (char)code)]);

    private static string ReasonsOf(IReadOnlyList<ConfigurationException> refused)
    {
        var first = refused.Take(MaxReasons).Select(wrong => $"{Path.GetFileName(wrong.File)}:{wrong.Line}: {wrong.Reason}");
        return refused.Count <= MaxReasons ? string.Join('\n', first) : $"{string.Join('\n', first)}\nand {refused.Count - MaxReasons} more";
    }

    private static AdministrationException Wrong(string reason) => new(StatusCodes.BadInvalidArgument, reason);

    public void Dispose() => _loading.Dispose();
}
