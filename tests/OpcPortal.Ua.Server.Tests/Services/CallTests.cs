namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Call. Part 4 5.12.2.</summary>
public sealed class CallTests
{
    private const PermissionType May = PermissionType.Browse | PermissionType.Call;

    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerMethodCall = 4 });
    private readonly NodeId _switch;

    public CallTests() => _switch = _world.Object("switch");

    private static Argument Input(uint dataType, int rank = -1, uint[]? dimensions = null) => new() { Name = "in", DataType = dataType, ValueRank = rank, ArrayDimensions = dimensions };

    private async Task<string> Status(NodeId target, NodeId method, params Variant[] arguments) => (await _world.Call(target, method, null, arguments)).StatusCode.ToString();

    [Fact]
    public async Task A_method_runs_with_its_arguments_and_gives_its_results()
    {
        var open = _world.Method("open", _switch, [Input(DataTypeIds.Double), Input(DataTypeIds.String)]);
        var result = await _world.Call(_switch, open, null, 1.5, "now");
        Assert.Equal("Good", result.StatusCode.ToString());
        Assert.Equal([1.5, "now"], result.OutputArguments!);
    }

    // Part 4 5.12.2.4.
    [Fact]
    public async Task Objects_and_methods_that_there_are_not_are_refused()
    {
        var open = _world.Method("open", _switch);
        var other = _world.Object("other");
        var variable = _world.Variable("variable", 1, parent: _switch);
        Assert.Equal("BadNodeIdUnknown", await Status(NodeWorld.Id("none"), open));
        Assert.Equal("BadNodeIdInvalid", await Status(variable, open));
        Assert.Equal("BadMethodInvalid", await Status(_switch, NodeWorld.Id("none")));
        Assert.Equal("BadMethodInvalid", await Status(_switch, variable));
        Assert.Equal("BadMethodInvalid", await Status(_switch, default));
        // A method, but of another object.
        Assert.Equal("BadMethodInvalid", await Status(other, open));
        Assert.Equal("Good", await Status(_switch, open));
    }

    [Fact]
    public async Task The_number_of_arguments_is_that_declared()
    {
        var open = _world.Method("open", _switch, [Input(DataTypeIds.Double), Input(DataTypeIds.String)]);
        var none = _world.Method("close", _switch);
        Assert.Equal("BadArgumentsMissing", await Status(_switch, open));
        Assert.Equal("BadArgumentsMissing", await Status(_switch, open, 1.5));
        Assert.Equal("BadTooManyArguments", await Status(_switch, open, 1.5, "a", "b"));
        Assert.Equal("BadTooManyArguments", await Status(_switch, none, 1));
        Assert.Equal("Good", await Status(_switch, none));
    }

    // Part 4 5.12.2.4: inputArgumentResults say which.
    [Fact]
    public async Task Arguments_of_a_wrong_type_are_named_and_the_method_does_not_run()
    {
        var runs = 0;
        var open = _world.Method("open", _switch, [Input(DataTypeIds.Double), Input(DataTypeIds.ServerState), Input(DataTypeIds.Byte, 1, [2])]);
        _world.Nodes.BindMethod(open, (_, _) =>
        {
            runs++;
            return ValueTask.FromResult(new MethodResult(StatusCodes.Good));
        });
        var result = await _world.Call(_switch, open, null, 1, 1, new Variant((byte[])[1, 2, 3]));
        Assert.Equal("BadInvalidArgument", result.StatusCode.ToString());
        Assert.Equal(["BadTypeMismatch", "Good", "BadTypeMismatch"], result.InputArgumentResults!.Select(r => r.ToString()));
        Assert.Equal(0, runs);
        // Part 4 5.12.2.2: a ByteString for an array of Byte, an Int32 for an enumeration.
        Assert.Equal("Good", (await _world.Call(_switch, open, null, 1.0, 1, new Variant(new ByteString([1, 2])))).StatusCode.ToString());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task What_is_not_executable_does_not_run()
    {
        Assert.Equal("BadNotExecutable", await Status(_switch, _world.Method("open", _switch, executable: false)));
        var unbound = _world.Add(new NodeSets.NodeRecord
        {
            NodeId = NodeWorld.Id("unbound"),
            NodeClass = NodeClass.Method,
            BrowseName = "unbound",
            References = [new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, _switch)],
        });
        Assert.Equal("BadNotImplemented", await Status(_switch, unbound));
    }

    // Part 4 5.12.2.2: the MethodId of the type's method; where the object has its own of that name, it is that one that runs.
    [Fact]
    public async Task A_method_of_the_type_or_of_its_base_is_called_on_the_instance()
    {
        var baseType = Type("BaseSwitchType", ObjectTypeIds.BaseObjectType);
        var type = Type("SwitchType", baseType);
        var inherited = _world.Method("BaseSwitchType.reset", baseType, browseName: "reset");
        var declared = _world.Method("SwitchType.open", type, browseName: "open");
        var instance = _world.Object("instance", type: type);
        var own = _world.Method("instance.open", instance, browseName: "open");
        foreach (var method in new[] { inherited, declared, own })
            _world.Nodes.BindMethod(method, (call, _) => ValueTask.FromResult(new MethodResult(StatusCodes.Good, [method, call.ObjectId, call.MethodId])));
        Assert.Equal([own, instance, own], (await _world.Call(instance, own)).OutputArguments!);
        Assert.Equal([own, instance, declared], (await _world.Call(instance, declared)).OutputArguments!);
        Assert.Equal([inherited, instance, inherited], (await _world.Call(instance, inherited)).OutputArguments!);
        // On the type itself, and not on what is of another type.
        Assert.Equal([declared, type, declared], (await _world.Call(type, declared)).OutputArguments!);
        Assert.Equal([inherited, type, inherited], (await _world.Call(type, inherited)).OutputArguments!);
        Assert.Equal("BadMethodInvalid", await Status(_world.Object("base", type: baseType), declared));
        Assert.Equal("BadMethodInvalid", await Status(_switch, declared));

        NodeId Type(string name, NodeId above) => _world.Add(new NodeSets.NodeRecord
        {
            NodeId = NodeWorld.Id(name),
            NodeClass = NodeClass.ObjectType,
            BrowseName = new QualifiedName(name, 1),
            References = [new NodeSets.NodeReference(ReferenceTypeIds.HasSubtype, false, above)],
        });
    }

    // Part 3 8.55 (Call): on the object and on the method, whichever of the two methods it is.
    [Theory]
    [InlineData(May, May, "Good")]
    [InlineData(PermissionType.Browse, May, "BadUserAccessDenied")]
    [InlineData(May, PermissionType.Browse, "BadUserAccessDenied")]
    [InlineData(PermissionType.None, May, "BadNodeIdUnknown")]
    [InlineData(May, PermissionType.None, "BadMethodInvalid")]
    public async Task Calling_needs_leave_on_the_object_and_on_the_method(PermissionType onObject, PermissionType onMethod, string expected)
    {
        var target = _world.Object("target", permissions: NodeWorld.Only(RoleTable.Anonymous, onObject));
        var method = _world.Method("method", target, permissions: NodeWorld.Only(RoleTable.Anonymous, onMethod));
        Assert.Equal(expected, await Status(target, method));
    }

    // The way around: named by the type's method, which is open to all, the object's own must allow it.
    [Fact]
    public async Task Naming_the_types_method_opens_no_door()
    {
        var type = _world.Add(new NodeSets.NodeRecord
        {
            NodeId = NodeWorld.Id("T"),
            NodeClass = NodeClass.ObjectType,
            BrowseName = "T",
            References = [new NodeSets.NodeReference(ReferenceTypeIds.HasSubtype, false, new NodeId(ObjectTypeIds.BaseObjectType))],
        });
        var declared = _world.Method("T.open", type, browseName: "open");
        var instance = _world.Object("instance", type: type);
        var own = _world.Method("instance.open", instance, permissions: NodeWorld.Only(RoleTable.Anonymous, PermissionType.Browse), browseName: "open");
        Assert.Equal("BadUserAccessDenied", await Status(instance, own));
        Assert.Equal("BadUserAccessDenied", await Status(instance, declared));
    }

    // Attack class 26.
    [Fact]
    public async Task Of_a_mixed_batch_only_what_is_allowed_runs_and_each_result_is_in_its_place()
    {
        var ran = new List<string>();
        var open = Method("open", null);
        var secret = Method("secret", NodeWorld.Only(RoleTable.Operator, NodeWorld.Everything));
        var denied = Method("denied", NodeWorld.Only(RoleTable.Anonymous, PermissionType.Browse));
        var response = await _world.Send<CallResponse>(new CallRequest { MethodsToCall = [.. new[] { denied, open, secret, open }.Select(m => new CallMethodRequest { ObjectId = _switch, MethodId = m })] });
        Assert.Equal(["BadUserAccessDenied", "Good", "BadMethodInvalid", "Good"], response.Results!.Select(r => r.StatusCode.ToString()));
        Assert.Equal(["open", "open"], ran);

        NodeId Method(string name, NodeSets.RolePermission[]? permissions)
        {
            var id = _world.Method(name, _switch, permissions: permissions);
            _world.Nodes.BindMethod(id, (_, _) =>
            {
                ran.Add(name);
                return ValueTask.FromResult(new MethodResult(StatusCodes.Good));
            });
            return id;
        }
    }

    [Fact]
    public async Task A_method_that_breaks_breaks_its_own_result_only()
    {
        var broken = _world.Method("broken", _switch);
        var refusing = _world.Method("refusing", _switch);
        var fine = _world.Method("fine", _switch);
        _world.Nodes.BindMethod(broken, static (_, _) => throw new InvalidOperationException("secret detail"));
        _world.Nodes.BindMethod(refusing, static async (_, _) =>
        {
            await Task.Yield();
            throw new ServiceException(StatusCodes.BadInvalidState);
        });
        var response = await _world.Send<CallResponse>(new CallRequest { MethodsToCall = [.. new[] { broken, refusing, fine }.Select(m => new CallMethodRequest { ObjectId = _switch, MethodId = m })] });
        Assert.Equal(["BadInternalError", "BadInvalidState", "Good"], response.Results!.Select(r => r.StatusCode.ToString()));
    }

    [Fact]
    public async Task The_number_of_calls_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => Many(0)));
        Assert.Equal(4, (await Many(4)).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => Many(5)));

        Task<CallResponse> Many(int count) => _world.Send<CallResponse>(new CallRequest { MethodsToCall = [.. Enumerable.Range(0, count).Select(_ => new CallMethodRequest())] });
    }

    // Looking for a method in an object of very many components is bounded for the whole request.
    [Fact]
    public async Task Looking_for_methods_is_bounded()
    {
        var world = new NodeWorld(new OperationLimits { MaxReferencesPerRequest = 50 });
        var big = world.Object("big");
        for (var i = 0; i < 40; i++) world.Object($"o{i}", big);
        var method = world.Method("method", big);
        var response = await world.Send<CallResponse>(new CallRequest { MethodsToCall = [.. Enumerable.Repeat(new CallMethodRequest { ObjectId = big, MethodId = method }, 2)] });
        Assert.Equal(["Good", "BadQueryTooComplex"], response.Results!.Select(r => r.StatusCode.ToString()));
    }

    // Part 4 7.12, 7.32: AdditionalInfo of an operation, where the client asks for it.
    [Fact]
    public async Task The_reason_of_a_refusal_is_told_to_who_asks_for_it()
    {
        var refusing = _world.Method("refusing", _switch);
        var fine = _world.Method("fine", _switch);
        _world.Nodes.BindMethod(refusing, (_, _) => ValueTask.FromResult(new MethodResult(StatusCodes.BadInvalidState, Reason: "It is locked.")));

        Assert.Equal([null, "It is locked."], (await Call(0x80, fine, refusing)).DiagnosticInfos!.Select(info => info?.AdditionalInfo));
        Assert.Empty((await Call(0x7F, fine, refusing)).DiagnosticInfos ?? []);
        Assert.Empty((await Call(0x80, fine)).DiagnosticInfos ?? []);

        Task<CallResponse> Call(uint diagnostics, params NodeId[] methods)
        {
            var request = new CallRequest { MethodsToCall = [.. methods.Select(method => new CallMethodRequest { ObjectId = _switch, MethodId = method })] };
            request.RequestHeader.ReturnDiagnostics = diagnostics;
            return _world.Send<CallResponse>(request);
        }
    }
}
