"""Drives a Modbus TCP server with pymodbus' client: every function of the codec, and what must be refused. Prints one JSON line a step: name and result."""
import json
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.register_read_message import ReadWriteMultipleRegistersRequest
from pymodbus.register_write_message import MaskWriteRegisterRequest

UNIT = 1
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=20)
if not client.connect():
    sys.exit("no connection")


def step(name, response, read=None):
    result = f"exception {response.exception_code}" if response.isError() else read(response) if read else "ok"
    print(json.dumps({"step": name, "result": result}), flush=True)


def regs(response):
    return response.registers


def bits(count):
    return lambda response: [int(bit) for bit in response.bits[:count]]


step("read holding", client.read_holding_registers(0, 4, slave=UNIT), regs)
step("read input", client.read_input_registers(0, 2, slave=UNIT), regs)
step("read coils", client.read_coils(0, 10, slave=UNIT), bits(10))
step("read discrete", client.read_discrete_inputs(0, 3, slave=UNIT), bits(3))
step("write coil", client.write_coil(3, True, slave=UNIT))
step("write coils", client.write_coils(4, [True, False, True, True, False, True], slave=UNIT))
step("read coils again", client.read_coils(0, 10, slave=UNIT), bits(10))
step("write register", client.write_register(1, 4711, slave=UNIT))
step("write registers", client.write_registers(2, [1, 65535], slave=UNIT))
step("mask write", client.execute(MaskWriteRegisterRequest(address=0, and_mask=0x00F2, or_mask=0x0025, unit=UNIT)))
step("read holding again", client.read_holding_registers(0, 4, slave=UNIT), regs)
step("read and write", client.execute(ReadWriteMultipleRegistersRequest(read_address=0, read_count=4, write_address=1, write_registers=[7, 8], unit=UNIT)), regs)
step("beyond the table", client.read_holding_registers(60, 10, slave=UNIT))
step("unknown unit", client.read_holding_registers(0, 1, slave=9))
step("unknown function", client.read_exception_status(slave=UNIT))
client.close()
