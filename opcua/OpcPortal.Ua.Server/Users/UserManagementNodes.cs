namespace OpcPortal.Ua.Server;

/// <summary>
/// The UserManagement object: SecurityAdmins manage users, and users change their own passwords, over encrypted channels alone. Part 18 5.2, 5.3.
/// </summary>
internal sealed class UserManagementNodes(ServerModel model, UserManagement management)
{
    // What every user may be set to here, beside what passwords must have in them. Part 18 5.2.2.
    private const PasswordOptionsMask Supported = PasswordOptionsMask.SupportInitialPasswordChange | PasswordOptionsMask.SupportDisableUser | PasswordOptionsMask.SupportDisableDeleteForUser
        | PasswordOptionsMask.SupportNoChangeForUser | PasswordOptionsMask.SupportDescriptionForUser;

    public void Bind()
    {
        var nodes = model.Nodes;
        var rules = management.Store.Rules;
        nodes.SetValue(VariableIds.UserManagement_PasswordLength, new DataValue(Variant.From(new Ua.Range { Low = rules.MinLength, High = rules.MaxLength })));
        nodes.SetValue(VariableIds.UserManagement_PasswordOptions, new DataValue((uint)OptionsOf(rules)));
        nodes.SetValue(VariableIds.UserManagement_PasswordRestrictions, new DataValue(rules.Restrictions ?? new LocalizedText("", "en")));
        nodes.BindValue(VariableIds.UserManagement_Users, () => new DataValue(Variant.From(Users())));
        nodes.BindMethod(MethodIds.UserManagement_AddUser, ByAdmin(AddUser));
        nodes.BindMethod(MethodIds.UserManagement_ModifyUser, ByAdmin(ModifyUser));
        nodes.BindMethod(MethodIds.UserManagement_RemoveUser, ByAdmin((call, cancellation) => management.RemoveAsync(call.Context, call.TextOf(0), cancellation)));
        nodes.BindMethod(MethodIds.UserManagement_ChangePassword, ChangePassword);
    }

    private UserManagementDataType[] Users() =>
        [.. management.Store.Users.Select(static user => new UserManagementDataType { UserName = user.Name, UserConfiguration = user.Configuration, Description = user.Description })];

    private ValueTask<StatusCode> AddUser(MethodCall call, CancellationToken cancellation)
    {
        var given = call.InputArguments;
        return management.AddAsync(call.TextOf(0), call.TextOf(1), (UserConfigurationMask)given[2].AsUInt32(), call.TextOf(3), cancellation);
    }

    private ValueTask<StatusCode> ModifyUser(MethodCall call, CancellationToken cancellation)
    {
        var given = call.InputArguments;
        var password = given[1].AsBoolean() ? call.TextOf(2) ?? "" : null;
        UserConfigurationMask? configuration = given[3].AsBoolean() ? (UserConfigurationMask)given[4].AsUInt32() : null;
        var description = given[5].AsBoolean() ? call.TextOf(6) ?? "" : null;
        return management.ModifyAsync(call.Context, call.TextOf(0), password, configuration, description, cancellation);
    }

    // Whatever roles the user has: who must change the password has none. Part 18 5.2.8.
    private async ValueTask<MethodResult> ChangePassword(MethodCall call, CancellationToken cancellation)
    {
        if (call.Context.SecurityMode != MessageSecurityMode.SignAndEncrypt) return new MethodResult(StatusCodes.BadSecurityModeInsufficient);
        return new MethodResult(await management.ChangePasswordAsync(call.Context, call.TextOf(0), call.TextOf(1), cancellation).ConfigureAwait(false));
    }

    private static Func<MethodCall, CancellationToken, ValueTask<MethodResult>> ByAdmin(Func<MethodCall, CancellationToken, ValueTask<StatusCode>> method) => async (call, cancellation) =>
    {
        if (!call.Context.HasAnyRole(1UL << RoleTable.SecurityAdmin)) return new MethodResult(StatusCodes.BadUserAccessDenied);
        if (call.Context.SecurityMode != MessageSecurityMode.SignAndEncrypt) return new MethodResult(StatusCodes.BadSecurityModeInsufficient);
        return new MethodResult(await method(call, cancellation).ConfigureAwait(false));
    };

    private static PasswordOptionsMask OptionsOf(PasswordRules rules)
    {
        var options = Supported;
        if (rules.RequiresUpperCase) options |= PasswordOptionsMask.RequiresUpperCaseCharacters;
        if (rules.RequiresLowerCase) options |= PasswordOptionsMask.RequiresLowerCaseCharacters;
        if (rules.RequiresDigit) options |= PasswordOptionsMask.RequiresDigitCharacters;
        if (rules.RequiresSpecial) options |= PasswordOptionsMask.RequiresSpecialCharacters;
        return options;
    }
}
